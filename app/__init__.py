"""Where everything meets: settings, wiring, processes, the command line, the demo."""
