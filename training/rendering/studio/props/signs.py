"""Signs on walls and doors: exit signs, stickers of fire doors, notices; boxes for extinguishers and hydrants."""

import math
import random
from typing import Any, Final

from PIL import Image, ImageDraw

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.props import pictures
from hazardlens.training.rendering.studio.props.kit import Kit, joined

_GREENS: Final = ((0, 125, 65), (0, 150, 80), (10, 105, 60), (0, 140, 95), (40, 160, 90))

_STICKERS: Final = {
    "keep shut": ((20, 130, 70), (245, 250, 245)),
    "no smoking": ((245, 245, 245), (200, 30, 30)),
    "sheet": ((238, 236, 228), (50, 50, 55)),
    "push": ((30, 90, 180), (245, 245, 245)),
    "blue": ((25, 80, 160), (245, 245, 245)),
}
"""Style -> colours of ground and ink."""


def exit_picture(rng: random.Random) -> tuple[Image.Image, float]:
    """An exit sign and its ratio of width to height."""
    green = rng.choice(_GREENS)
    ground, ink = (green, (245, 252, 247)) if rng.random() < 0.75 else ((240, 245, 240), green)
    style = rng.choices(("man+both", "man", "man+words", "words", "exit", "red"), (5, 2, 3, 1, 2, 1))[0]
    if style == "red":
        ground, ink = rng.choice((((245, 240, 235), (190, 25, 25)), ((30, 25, 25), (230, 40, 30))))
    width = 160 if style == "man" else rng.choice((320, 360, 400))
    picture = Image.new("RGB", (width, 144 if style != "man" else 160), ground)
    draw = ImageDraw.Draw(picture)
    left = 0.0
    if style.startswith("man"):
        left = 128.0
        _runner(draw, 12, 10, 124, ink, ground)
    if style == "man+both":
        pictures.strokes(draw, pictures.SAFE_EXIT, (left + 14, 12, width - 10, 84), ink)
        pictures.words(draw, "EXIT", ((left + width) / 2, 110), 46, ink)
    elif style in {"man+words", "words"}:
        pictures.strokes(
            draw, pictures.SAFE_EXIT if rng.random() < 0.8 else pictures.WAY_OUT, (left + 12, 20, width - 12, 124), ink
        )
    elif style in {"exit", "red"}:
        pictures.words(draw, "EXIT", (width / 2, 72), 104, ink)
    if style == "words" and rng.random() < 0.5:
        _arrow(draw, 30, 124, ink)
    return picture, width / picture.size[1]


def _runner(
    draw: ImageDraw.ImageDraw, x: float, y: float, side: float, ink: pictures.Ink, ground: pictures.Ink
) -> None:
    """A running figure that leaves through a doorway."""

    def at(*points: float) -> list[tuple[float, float]]:
        return [(x + a * side, y + b * side) for a, b in zip(points[::2], points[1::2], strict=True)]

    draw.rectangle((x + 0.52 * side, y, x + side, y + side), fill=ink)
    draw.rectangle((x + 0.6 * side, y + 0.1 * side, x + 0.92 * side, y + side), fill=ground)
    weight = max(2, round(0.1 * side))
    draw.ellipse((x + 0.4 * side, y + 0.04 * side, x + 0.58 * side, y + 0.22 * side), fill=ink)
    draw.line(at(0.46, 0.26, 0.36, 0.58), fill=ink, width=round(1.7 * weight))
    draw.line(at(0.38, 0.56, 0.58, 0.7, 0.5, 0.94), fill=ink, width=weight, joint="curve")
    draw.line(at(0.36, 0.58, 0.22, 0.78, 0.0, 0.8), fill=ink, width=weight, joint="curve")
    draw.line(at(0.47, 0.3, 0.6, 0.44, 0.76, 0.4), fill=ink, width=round(0.75 * weight), joint="curve")
    draw.line(at(0.44, 0.3, 0.24, 0.34, 0.14, 0.5), fill=ink, width=round(0.75 * weight), joint="curve")


def _arrow(draw: ImageDraw.ImageDraw, x: float, y: float, ink: pictures.Ink) -> None:
    draw.line((x, y, x + 60, y), fill=ink, width=8)
    draw.polygon(((x + 60, y - 12), (x + 60, y + 12), (x + 82, y)), fill=ink)


def exit_sign(kit: Kit, *, height_m: float = 0.16, glow: float = 0.0, deep_m: float = 0.03) -> Any:
    """A sign on a wall: it faces -y, the middle of its back is at the origin."""
    picture, ratio = exit_picture(kit.rng)
    face = kit.printed(pictures.as_image(picture, "exit-sign"), roughness=0.3, glow=glow)
    size = (height_m * ratio, height_m)
    rim = kit.paint(kit.rng.choice(((0.6, 0.6, 0.6), (0.05, 0.05, 0.05), (0.02, 0.25, 0.1))), 0.4)
    body = shapes.block("sign-body", (0, -deep_m / 2, 0), (size[0] + 0.02, deep_m, size[1] + 0.02), rim)
    return joined("exit-sign", [body, shapes.panel("sign-face", (0, -deep_m - 0.002, 0), size, face)])


def sticker(kit: Kit) -> Any:
    """A small notice for a door or a wall; faces -y, its back at the origin."""
    rng = kit.rng
    style = rng.choice(("keep shut", "keep shut", "no smoking", "sheet", "push", "blue"))
    ground, ink = _STICKERS[style]
    wide = style in {"keep shut", "blue"} and rng.random() < 0.7
    size_px = (160, 90) if wide else (100, 130)
    picture = pictures.paper(size_px, ground, rng, grain=3)
    draw = ImageDraw.Draw(picture)
    if style == "no smoking":
        draw.ellipse((15, 12, 85, 82), outline=ink, width=9)
        draw.line((27, 25, 73, 70), fill=ink, width=9)
        pictures.scribble(draw, 4, (8, 95, 92, 122), ink, rng)
    else:
        rows = rng.randint(1, 3) if style != "sheet" else rng.randint(4, 7)
        for row in range(rows):
            top = 8 + row * (size_px[1] - 16) / rows
            pictures.scribble(
                draw, rng.randint(4, 7), (8, top, size_px[0] - 8, top + 0.75 * (size_px[1] - 16) / rows), ink, rng
            )
    height = rng.uniform(0.12, 0.3)
    return joined(
        "sticker",
        [
            shapes.panel(
                "sticker",
                (0, -0.002, 0),
                (height * size_px[0] / size_px[1], height),
                kit.printed(pictures.as_image(picture)),
            )
        ],
    )


def poster(kit: Kit, height_m: float | None = None) -> Any:
    """A poster or notice board for a wall; faces -y, its back at the origin."""
    rng = kit.rng
    ground = rng.choice(
        ((240, 238, 230), (190, 35, 30), (30, 90, 160), (235, 215, 120), (60, 130, 80), (220, 225, 230))
    )
    dark = sum(ground) > 450
    ink = (60, 40, 40) if dark else (245, 235, 200)
    wide = rng.random() < 0.5
    size_px = (240, 160) if wide else (150, 210)
    picture = pictures.paper(size_px, ground, rng, grain=4)
    draw = ImageDraw.Draw(picture)
    pictures.scribble(draw, rng.randint(4, 7), (15, 10, size_px[0] - 15, 45), (180, 30, 30) if dark else ink, rng)
    for top in range(60, size_px[1] - 20, 20):
        if rng.random() < 0.25:
            draw.rectangle(
                (20, top, rng.randint(60, size_px[0] - 20), top + 18),
                fill=tuple(rng.randint(40, 220) for _ in range(3)),
            )
        else:
            pictures.scribble(draw, rng.randint(8, 13), (12, top, size_px[0] - 12, top + 13), ink, rng)
    height = height_m or rng.uniform(0.3, 0.9)
    width = height * size_px[0] / size_px[1]
    return joined(
        "poster",
        [
            shapes.panel(
                "poster", (0, -0.006, 0), (width, height), kit.printed(pictures.as_image(picture), roughness=0.4)
            )
        ],
    )


def extinguisher(kit: Kit) -> Any:
    """A fire extinguisher that stands at the origin."""
    red = kit.paint((0.5, 0.01, 0.012), 0.3)
    black = kit.paint((0.02, 0.02, 0.02), 0.5)
    made = [
        shapes.drum("bottle", (0, 0, 0.2), 0.065, 0.4, red, sides=20),
        shapes.drum("shoulder", (0, 0, 0.43), 0.065, 0.06, red, sides=20, top_radius_m=0.025),
        shapes.block("valve", (0, 0, 0.49), (0.12, 0.03, 0.05), black),
        shapes.tube("hose", [(0.04, 0, 0.47), (0.1, 0, 0.4), (0.09, -0.02, 0.15)], 0.011, black, sides=1),
        shapes.panel("label", (0, -0.0665, 0.22), (0.07, 0.14), kit.paint((0.8, 0.8, 0.75))),
    ]
    return joined("extinguisher", made)


def extinguisher_box(kit: Kit) -> Any:
    """A red box for extinguishers on the floor, its back at y = 0."""
    picture = Image.new("RGB", (160, 140), (190, 20, 24))
    draw = ImageDraw.Draw(picture)
    pictures.scribble(draw, 4, (15, 15, 145, 60), (250, 250, 250), kit.rng)
    pictures.words(draw, "119", (80, 100), 40, (250, 250, 250))
    face = kit.printed(pictures.as_image(picture), roughness=0.3)
    return joined("extinguisher-box", [shapes.block("box", (0, -0.11, 0.28), (0.62, 0.2, 0.56), face, bevel_m=0.004)])


def hydrant_box(kit: Kit) -> Any:
    """A hose cabinet on a wall: faces -y, back at y = 0, its foot at the origin."""
    rng = kit.rng
    frame = kit.paint(rng.choice(((0.45, 0.01, 0.015), (0.55, 0.55, 0.56), (0.3, 0.3, 0.32))), 0.35)
    picture = pictures.paper((140, 170), rng.choice(((190, 25, 28), (60, 70, 75), (200, 205, 205))), rng, grain=3)
    draw = ImageDraw.Draw(picture)
    pictures.scribble(draw, 3, (15, 40, 125, 85), (250, 245, 245) if rng.random() < 0.6 else (200, 20, 20), rng)
    pictures.words(draw, "119", (70, 120), 30, (250, 240, 240))
    face = kit.printed(pictures.as_image(picture), roughness=0.12)
    made = [
        shapes.block("cabinet", (0, -0.04, 0.4), (0.68, 0.08, 0.8), frame, bevel_m=0.005),
        shapes.panel("pane", (0, -0.082, 0.4), (0.58, 0.7), face),
    ]
    return joined("hydrant-box", made)


def floor_words(kit: Kit, width_m: float, depth_m: float) -> Any:
    """Yellow hatching with words, painted on the floor in front of a fire exit; its far edge at y = 0."""
    rng = kit.rng
    yellow = rng.choice(((215, 170, 30), (225, 190, 60), (200, 200, 195)))
    grey = rng.choice(((110, 110, 110), (140, 138, 132), (90, 92, 95)))
    picture = pictures.paper((256, 160), grey, rng, grain=8, stains=2)
    draw = ImageDraw.Draw(picture)
    if rng.random() < 0.6:
        for x in range(-160, 256, 44):
            draw.line((x, 160, x + 160, 0), fill=yellow, width=9)
    draw.rectangle((3, 3, 252, 156), outline=yellow, width=8)
    if rng.random() < 0.7:
        draw.rectangle((40, 50, 216, 110), fill=grey)
        pictures.scribble(draw, 4, (46, 54, 210, 106), yellow, rng)
    material = kit.printed(pictures.as_image(picture), roughness=0.7)
    return joined(
        "floor-words",
        [shapes.panel("paint", (0, -depth_m / 2, 0.003), (width_m, depth_m), material, turn_rad=(-math.pi / 2, 0, 0))],
    )
