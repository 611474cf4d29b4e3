"""Numbers as text for people, the same in the window and in the engine."""

import math

from engine.support.text import tr

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "−"


def superscript(number: int) -> str:
    """Return a whole number in superscript digits.

    >>> superscript(-12)
    '⁻¹²'
    """
    return str(number).translate(_SUPERSCRIPT)


def figure(value: float, digits: int = 4) -> str:
    """Return a number with this many significant digits, as a power of ten where that is shorter.

    >>> figure(-0.19661), figure(2.5e-17), figure(0.0), figure(1e-05), figure(float("nan"))
    ('−0.1966', '2.5·10⁻¹⁷', '0', '10⁻⁵', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 < power < max(6, digits):
        return f"{value:.{digits}g}".replace("-", MINUS) if power < digits else whole(value)
    mantissa = (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa).replace(
        "-", MINUS
    )
    power_text = f"10{superscript(power)}"
    return {"1": power_text, f"{MINUS}1": MINUS + power_text}.get(
        mantissa, f"{mantissa}·{power_text}"
    )


class Figure(float):
    """A float whose ``format`` uses ``figure``: for ``{factor:.4g}`` in a declared formula.

    >>> "×{factor:.4g} {amount:+g}".format(factor=Figure(5e-5), amount=Figure(2.0))
    '×5·10⁻⁵ +2'
    """

    def __format__(self, spec: str) -> str:
        if not spec.endswith("g"):
            return super().__format__(spec)
        sign = "+" if spec.startswith("+") and self >= 0 else ""
        digits = spec.strip("+.g")
        return sign + figure(float(self), int(digits) if digits else 6)


def whole(value: float) -> str:
    """Return a whole number with thin spaces between the thousands.

    >>> whole(12345), whole(-999)
    ('12\u2009345', '−999')
    """
    text = f"{round(value):,}" if abs(value) >= 10_000 else str(round(value))
    return text.replace(",", "\u2009").replace("-", MINUS)


def byte_count(size: float) -> str:
    """Return a number of bytes in the unit that suits it, of a thousand each (SI).

    >>> byte_count(999), byte_count(1.5e6), byte_count(4_600_000_000)
    ('999 B', '1.5 MB', '4.6 GB')
    """
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    power = 0
    while power < len(units) - 1 and size >= 999.5:
        size, power = size / 1000, power + 1
    return f"{figure(size, 3)} {units[power]}"


def decade(exponent: float) -> str:
    """Return 10 to this power as text, for the ticks of a logarithmic axis.

    >>> decade(-3), decade(0)
    ('10⁻³', '1')
    """
    return "1" if round(exponent) == 0 else f"10{superscript(round(exponent))}"


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as text.

    >>> shape_text((256, 64)), shape_text(())
    ('256 × 64', 'scalar')
    """
    return " × ".join(whole(size) for size in shape) if shape else tr("scalar")


def round_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, … times a power of ten; the value itself if it is one.

    >>> round_up(0.013), round_up(5.0), round_up(6.0)
    (0.02, 5.0, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    found = next(n for n in (1, 2, 5, 10, 20) if n * power >= value * (1 - 1e-9))
    return float(f"{found * power:.6g}")
