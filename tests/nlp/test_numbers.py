import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.quantities.numbers import MAX_DIGITS, SCALES, TENS, UNITS, Line, digit_value, parse_number

SMALL = {value: word for word, value in UNITS.items()}
ROUND = {value: word for word, value in TENS.items()}


def in_words(number):
    """A whole number below a trillion as English writes it."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, unit = number - number % 10, number % 10
        return ROUND[tens] + (f"-{SMALL[unit]}" if unit else "")
    if number < 1000:
        rest = number % 100
        return f"{SMALL[number // 100]} hundred" + (f" and {in_words(rest)}" if rest else "")
    name, scale = max(((name, scale) for name, scale in SCALES.items() if scale <= number), key=lambda pair: pair[1])
    rest = number % scale
    joint = " and " if 0 < rest < 100 else " "
    return f"{in_words(number // scale)} {name}" + (f"{joint}{in_words(rest)}" if rest else "")


@given(st.integers(0, 10**12 - 1))
def test_words_read_back_as_the_number_they_were_made_from(number):
    assert parse_number(in_words(number)) == number


@given(st.integers(0, 10**MAX_DIGITS - 1), st.sampled_from([",", " ", "\u00a0", "\u202f", "\u2009"]))
def test_grouped_digits_read_back(number, separator):
    assert parse_number(f"{number:,}".replace(",", separator)) == number


@given(st.integers(0, 10**MAX_DIGITS - 1))
def test_plain_digits_read_back(number):
    assert parse_number(str(number)) == number


@given(st.integers(0, 99_999), st.integers(0, 99))
def test_decimals_read_back_with_dot_and_raised_dot(whole, part):
    assert parse_number(f"{whole}.{part:02d}") == parse_number(f"{whole}·{part:02d}") == float(f"{whole}.{part:02d}")


@given(st.integers(1, 9_999), st.integers(0, 9), st.sampled_from(sorted(SCALES)))
def test_digits_with_a_scale_word(whole, part, scale):
    assert parse_number(f"{whole}.{part} {scale}") == pytest.approx(float(f"{whole}.{part}") * SCALES[scale])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twenty-four", 24), ("Twenty four", 24), ("two hundred and five", 205), ("a hundred", 100), ("a dozen", 12),
        ("half a million", 500_000), ("a million", 1_000_000), ("two and a half", 2.5), ("2½", 2.5), ("¾", 0.75),
        ("two and a half million", 2_500_000), ("1.4 billion", 1_400_000_000), ("14bn", 14_000_000_000),
        ("10k", 10_000), ("3 and a half", 3.5), ("0.5", 0.5), ("0", 0),
    ],
)  # fmt: skip
def test_mixed_forms(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "half",
        "many",
        "020",
        "2.1.3",
        "007",
        "1" * (MAX_DIGITS + 1),
        "twenty twelve",
        "five six",
        "10K",
        "٣",
        "x5",
    ],
)
def test_what_is_no_number(text):
    assert parse_number(text) is None


def test_digit_value_never_raises_on_endless_runs():
    assert digit_value("9" * 100_000) is None


@given(st.text(max_size=200))
def test_tokens_keep_their_offsets(text):
    line = Line(text)
    assert [text[start:end] for start, end in zip(line.starts, line.ends, strict=True)] == line.raw
    assert "".join(line.raw) == "".join(text.split())
