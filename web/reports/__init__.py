"""Reports of any period, and how many agents are needed: pages, tables to take along, and paper."""
