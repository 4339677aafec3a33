"""Photos that tell more than they show: every kind of metadata in every format, with a word to search for."""

import io
import struct
from typing import Final

import pillow_heif
from PIL import Image, ImageCms, PngImagePlugin

from support.intake import exif_at, scene
from support.pictures import saved

SECRET: Final = b"wangxiaoming"
_PLACE: Final = (31.2304161, 121.4737012)
_XMP: Final = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">'
    b"<dc:creator>" + SECRET + b'</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def _exif() -> bytes:
    """Owner, place, serial numbers, a maker's note and a thumbnail, as phones write them."""
    exif = Image.Exif()
    exif.load(exif_at(*_PLACE))
    word = SECRET.decode()
    exif.update({0x010E: word, 0x013B: word, 0x8298: word, 0x9C9D: word.encode("utf-16-le")})
    details = exif.get_ifd(0x8769)
    details.update({0x927C: SECRET, 0x9286: b"ASCII\0\0\0" + SECRET, 0xA430: word, 0xA431: word})
    written = exif.tobytes()
    return _with_thumbnail(written)


def _with_thumbnail(exif: bytes) -> bytes:
    """The block with a second directory behind the first, which holds a small JPEG with a comment."""
    tiff = bytearray(exif[6:])
    order = "<" if tiff.startswith(b"II") else ">"
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    (n,) = struct.unpack_from(f"{order}H", tiff, at)
    thumbnail = saved(scene(1, 16, 12), "JPEG", comment=SECRET)
    struct.pack_into(f"{order}I", tiff, at + 2 + 12 * n, len(tiff))
    directory = struct.pack(f"{order}HHHIIHHIII", 2, 0x0201, 4, 1, len(tiff) + 30, 0x0202, 4, 1, len(thumbnail), 0)
    return exif[:6] + bytes(tiff) + directory + thumbnail


def _profile() -> bytes:
    """A colour profile that names its maker."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile + SECRET


def _png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET.decode())
    info.add_text("Comment", SECRET.decode(), zip=True)
    info.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    info.add(b"prVt", SECRET)
    return saved(scene(2), "PNG", exif=_exif(), icc_profile=_profile(), pnginfo=info) + SECRET


def _heic() -> bytes:
    out = io.BytesIO()
    picture = pillow_heif.from_pillow(scene(4))
    picture.save(out, quality=90, exif=_exif(), xmp=_XMP, icc_profile=_profile())
    return out.getvalue()


def speaking_photos() -> dict[str, bytes]:
    """Name to file."""
    everything = {"exif": _exif(), "xmp": _XMP, "icc_profile": _profile()}
    return {
        "photo.jpg": saved(scene(1), "JPEG", quality=92, comment=SECRET, **everything) + SECRET,
        "photo.png": _png(),
        "photo.webp": saved(scene(3), "WEBP", quality=92, **everything),
        "photo.heic": _heic(),
        "photo.avif": saved(scene(5), "AVIF", quality=85, speed=9, **everything),
    }
