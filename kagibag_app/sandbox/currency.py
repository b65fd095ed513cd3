"""Amounts as Stripe counts them: smallest units, minimums, fees and how messages write them.

Source: docs.stripe.com/currencies
"""

ZERO_DECIMAL = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
MINIMUM_CHARGE = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
MAXIMUM_CHARGE = 99_999_999
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$"}
PERCENT_FEE_TENTHS = 29
FIXED_FEE = {0: 30, 2: 30, 3: 100}
DISPUTE_FEE = {0: 1500, 2: 1500, 3: 5000}


def exponent(currency: str) -> int:
    """Decimal places between Stripe's smallest unit and the currency's main unit."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def minimum_charge(currency: str) -> int:
    """Smallest amount that can be charged, in smallest units."""
    return MINIMUM_CHARGE.get(currency, 1)


def charge_fee(amount: int, currency: str) -> int:
    """Stripe's fee of a card payment: 2.9 % rounded half up, plus the fixed part, in smallest units."""
    percent = (amount * PERCENT_FEE_TENTHS + 500) // 1000
    return min(percent + FIXED_FEE[exponent(currency)], amount)


def dispute_fee(currency: str) -> int:
    """What a chargeback costs, in smallest units: 15.00 in two-decimal currencies."""
    return DISPUTE_FEE[exponent(currency)]


def amount_text(amount: int, currency: str) -> str:
    """An amount for people, as in `$12.50` or `RSD 12.50`."""
    places = exponent(currency)
    whole, rest = divmod(abs(amount), 10**places)
    number = f"{whole:,}" + (f".{rest:0{places}d}" if places else "")
    sign = "-" if amount < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{currency.upper()} {number}"
