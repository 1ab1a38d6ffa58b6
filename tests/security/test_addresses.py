"""Under which address a request counts."""

import pytest

from web.addresses import counted


@pytest.mark.parametrize(
    ("host", "under"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_line_counts_as_one_and_a_mapped_address_as_what_it_maps(host, under):
    assert counted(host) == under
