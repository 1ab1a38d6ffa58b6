"""Money and quantities as a contract reads them: every digit a price has, a real minus, right for its currency."""

from decimal import Decimal
from fractions import Fraction
from math import floor

from babel.numbers import format_currency, get_currency_precision

from web.formats import Formats

MINUS = "\u2212"


class Amounts:
    """Amounts of one currency in one language."""

    def __init__(self, f: Formats, currency: str) -> None:
        self._f = f
        self._currency = currency

    def money(self, amount: Decimal) -> str:
        """To the currency's smallest unit."""
        return self._f.money(amount, self._currency).replace("-", MINUS)

    def price(self, amount: Decimal) -> str:
        """A unit price with all its digits: 0.0485 must not look like 0.05."""
        digits = -int(amount.as_tuple().exponent)
        if digits <= get_currency_precision(self._currency):
            return self.money(amount)
        told = format_currency(amount, self._currency, locale=self._f.locale, decimal_quantization=False)
        return told.replace("-", MINUS)

    def quantity(self, value: Decimal | Fraction) -> str:
        """Whole numbers as such, others to two places."""
        exact = Fraction(value)
        whole = exact.denominator == 1
        shown = Decimal(exact.numerator) / Decimal(exact.denominator)
        return self._f.number(shown, 0 if whole else 2).replace("-", MINUS)

    def percent(self, value: Decimal | Fraction | float) -> str:
        """See `percent_words`."""
        return percent_words(self._f, value)


def percent_words(f: Formats, value: Decimal | Fraction | float) -> str:
    """Percent as a contract writes it: 4 %, 86.41 %. Cut, not rounded: 94.999 must not look like 95."""
    hundredths = floor(Fraction(str(value) if isinstance(value, float) else value) * 100)
    digits = 0 if hundredths % 100 == 0 else 1 if hundredths % 10 == 0 else 2
    return f.percent(hundredths / 10_000, digits)
