"""Streams are Philox4x64-10 to the bit, and (seed, purpose, replicate) is all that enters a key."""

from __future__ import annotations

from inspect import signature
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.streams import Purpose, stream

WORD = 2**64
# Random123, file kat_vectors, lines "philox4x64 10": counter, key, what comes out.
KNOWN_ANSWERS = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B),
    ),
    (
        (WORD - 1,) * 4,
        (WORD - 1,) * 2,
        (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
    ),
    (  # digits of pi
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]


def philox(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Return one block of Philox4x64-10, written from Salmon et al. (2011), section 3.3."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        low, high = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
        a, b, c, d = (high // WORD) ^ b ^ k, high % WORD, (low // WORD) ^ d ^ m, low % WORD
        k, m = (k + 0x9E3779B97F4A7C15) % WORD, (m + 0xBB67AE8584CAA73B) % WORD
    return a, b, c, d


def one_before(counter: tuple[int, ...]) -> list[int]:
    """Return the counter that numpy must be given: it adds one before each block."""
    number = (sum(word * WORD**i for i, word in enumerate(counter)) - 1) % WORD**4
    return [number // WORD**i % WORD for i in range(4)]


@pytest.mark.parametrize(("counter", "key", "block"), KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_published_vectors(counter: tuple[int, ...], key: tuple[int, ...], block: tuple[int, ...]) -> None:
    assert philox(counter, key) == block
    generator = np.random.Philox(
        key=np.array(key, dtype=np.uint64), counter=np.array(one_before(counter), dtype=np.uint64)
    )
    assert tuple(generator.random_raw(4).tolist()) == block


@given(
    st.integers(0, 2**63 - 1) | st.sampled_from([0, 1, 2**63 - 1]),
    st.sampled_from(Purpose),
    st.integers(0, 2**40),
)
def test_a_stream_is_philox_with_seed_and_purpose_as_key_and_the_replicate_in_the_counter(
    seed: int, purpose: Purpose, replicate: int
) -> None:
    blocks = [philox((i, 0, replicate, 0), (seed, purpose.value)) for i in (1, 2, 3)]
    assert stream(seed, purpose, replicate).bit_generator.random_raw(12).tolist() == [w for b in blocks for w in b]


def test_uniforms_are_the_upper_53_bits() -> None:
    words = philox((1, 0, 7, 0), (2019, Purpose.TRUTH.value))
    assert stream(2019, Purpose.TRUTH, 7).random(4).tolist() == [(word >> 11) / 2**53 for word in words]


def test_streams_of_another_seed_purpose_or_replicate_differ() -> None:
    keys = [(seed, purpose, replicate) for seed in (0, 1) for purpose in Purpose for replicate in (0, 1, 2)]
    words = {key: set(stream(*key).bit_generator.random_raw(64).tolist()) for key in keys}
    assert all(not words[one] & words[other] for one, other in combinations(keys, 2))


def test_nothing_but_seed_purpose_and_replicate_enters() -> None:
    assert list(signature(stream).parameters) == ["seed", "purpose", "replicate"]


def test_the_numbers_of_the_purposes_never_change() -> None:
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "TRUTH": 1,
        "VILLAGES": 2,
        "HOUSEHOLDS": 3,
        "FIELDWORK": 4,
        "RECHECK": 5,
        "IMPORTANCE": 6,
        "RESAMPLING": 7,
    }
