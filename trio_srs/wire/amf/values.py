"""The Python shapes of AMF values, and how much of them is read. Floor 0.

Plain Python wherever it fits:

=================  =====================  ==============================================
Python             AMF0                   AMF3
=================  =====================  ==============================================
``None``           null                   null
``UNDEFINED``      undefined              undefined
``UNSUPPORTED``    unsupported            none
``bool``           boolean                false, true
``float``          number                 double
``int``            number                 integer; double beyond 29 bits
``str``            string, long string    string
``dict``           object                 anonymous object
``EcmaArray``      ECMA array             array of named members only
``list``           strict array           array of numbered members only
``MixedArray``     none                   array of both
``AmfDate``        date                   date, without a time zone
``TypedObject``    typed object           object of a class
``XmlDocument``    XML document           XML document
``Xml``            none                   XML
``bytes``          none                   byte array
``Vector``         none                   the four vectors
``Dictionary``     none                   dictionary
``Externalized``   none                   the two known externalizable classes
=================  =====================  ==============================================

What AMF0 has no form for travels inside it as AMF3, behind the marker 0x11. Containers may
contain themselves, as AMF has references: whoever walks a peer's value stops at what he is
inside of, as ``repr`` does and ``==`` does not.

Text is UTF-8 with ``surrogateescape``: bytes that are not UTF-8 become lone surrogates, and
written again they are the same bytes. A name thus never fails to be read, and still equals
only itself; whoever prints it must expect surrogates.
"""

from __future__ import annotations

import enum
from typing import Final, Literal, TypeAlias, Union

import attrs

__all__ = [
    "DEFAULT_LIMITS",
    "MAX_DEPTH",
    "UNDEFINED",
    "UNSUPPORTED",
    "AmfDate",
    "Dictionary",
    "EcmaArray",
    "Externalized",
    "Limits",
    "MixedArray",
    "Special",
    "TypedObject",
    "Value",
    "Vector",
    "VectorOf",
    "Xml",
    "XmlDocument",
]

MAX_DEPTH: Final = 128
"""Containers inside containers, at most, whatever the limits say. Each costs two or three
Python frames to read or write, and Python stops at a thousand."""


@attrs.frozen
class Limits:
    """What one decoding may cost; past any of these it ends with an ``AmfError``.

    What a reference says again counts again, in values and in bytes.
    """

    depth: int = attrs.field(
        default=32, validator=[attrs.validators.ge(1), attrs.validators.le(MAX_DEPTH)]
    )
    """Containers inside containers. Commands use two, metadata three; 32 is generous."""
    count: int = attrs.field(default=4096, validator=attrs.validators.ge(1))
    """Values in all, elements of arrays and vectors included. A ``connect`` has about twenty; a
    Python value takes 50 bytes and more for the single byte that a null costs the peer."""
    size: int = attrs.field(default=1 << 20, validator=attrs.validators.ge(1))
    """Bytes of input. Commands take hundreds, metadata thousands; RTMP allows 16 MiB."""


DEFAULT_LIMITS: Final = Limits()
"""For commands from peers not yet known."""


class Special(enum.Enum):
    """The two values that Python has no word for."""

    UNDEFINED = "undefined"
    """Never given a value; AMF3 has it too."""
    UNSUPPORTED = "unsupported"
    """The sender could not express it in AMF0."""


UNDEFINED: Final[Literal[Special.UNDEFINED]] = Special.UNDEFINED
"""Never given a value."""
UNSUPPORTED: Final[Literal[Special.UNSUPPORTED]] = Special.UNSUPPORTED
"""The sender could not express it in AMF0."""


class EcmaArray(dict[str, "Value"]):
    """An array whose members have names; what ``onMetaData`` usually carries.

    AMF3 has one kind of array for all: there, an empty one is read as an empty list.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"EcmaArray({super().__repr__()})"


@attrs.define
class MixedArray:
    """An AMF3 array with both numbered and named members."""

    dense: list[Value]
    """Members 0, 1, 2..."""
    named: dict[str, Value]
    """The others. An empty name cannot be written."""


@attrs.frozen
class AmfDate:
    """A moment, with the time zone that AMF0 has room for."""

    ms: float
    """Milliseconds since 1970-01-01 UTC; may be fractional, negative, or no number at all."""
    tz_minutes: int = 0
    """AMF0's time zone. Reserved: 0 by the text (2.13), and AMF3 has none."""


@attrs.define
class TypedObject:
    """An object that says which class it is of."""

    class_name: str
    """Must not be empty in AMF3, where that means no class."""
    fields: dict[str, Value]
    """Written to AMF3 as sealed members; read from there, sealed and dynamic ones."""


@attrs.frozen
class XmlDocument:
    """Text that the sender calls an XML document (flash.xml.XMLDocument). Not parsed."""

    text: str


@attrs.frozen
class Xml:
    """Text that the sender calls XML (E4X). Not parsed."""

    text: str


class VectorOf(enum.IntEnum):
    """What an AMF3 vector holds; the numbers are its markers."""

    INT = 0x0D
    UINT = 0x0E
    DOUBLE = 0x0F
    OBJECT = 0x10


@attrs.define
class Vector:
    """An AMF3 array of one type."""

    of: VectorOf
    items: list[Value]
    """``int`` of 32 bits, signed or not; ``float``; or any values, by :attr:`of`."""
    fixed: bool = False
    """Whether its length may change, to its owner."""
    class_name: str = ""
    """Which class :attr:`items` are of; only for ``VectorOf.OBJECT``, where empty means any."""


@attrs.define
class Dictionary:
    """An AMF3 dictionary: its keys may be any values, so it is kept as pairs."""

    entries: list[tuple[Value, Value]]
    """Keys and values, in the order sent."""
    weak: bool = False
    """Whether its keys may be collected, to its owner."""


@attrs.define
class Externalized:
    """An object of a class that writes itself, in a form nobody else could know.

    Two such classes of Flex are known to be just one AMF3 value: ``ArrayCollection`` and
    ``ObjectProxy``, both of ``flex.messaging.io``.
    """

    class_name: str
    value: Value


Value: TypeAlias = Union[
    bool,
    int,
    float,
    str,
    bytes,
    Special,
    "dict[str, Value]",
    "list[Value]",
    "MixedArray",
    "AmfDate",
    "TypedObject",
    "XmlDocument",
    "Xml",
    "Vector",
    "Dictionary",
    "Externalized",
    None,
]
"""Any AMF value. An :class:`EcmaArray` is a ``dict``."""
