"""Photos and their albums."""

from __future__ import annotations

from procore_jupyter.demo.company.attached import address
from procore_jupyter.demo.company.contents import size_of
from procore_jupyter.demo.company.daily import header_id, segment
from procore_jupyter.demo.company.directory import TRADES, anyone, trade_of
from procore_jupyter.demo.company.locations import any_location
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import moment, stamp

_ALBUMS = ("Progress", "Safety", "Quality", "Deliveries", "Existing conditions", "Aerial")
_SEEN = (
    "Slab edge", "Formwork", "Rebar before the pour", "Curtain wall", "Roof drain", "Stair", "Duct riser",
    "Site entry",
)  # fmt: skip


def _how_many(site: Site) -> int:
    return site.count(320)


def photos(site: Site) -> RowList:
    """List a project's photos."""
    return RowList(site.get(_how_many), lambda index: _photo(site, index))


def _photo(site: Site, index: int) -> Row:
    dice = site.dice("photos", index)
    day = site.day(index, site.get(_how_many))
    album = index % len(_ALBUMS)
    name = f"photo-{index + 1:05d}.png"
    taken = moment(dice, day)
    shift = segment(site, dice)
    location = any_location(site, dice)
    return {
        "id": site.id("photos", index),
        "filename": name,
        "description": f"{dice.pick(_SEEN)}, {location['node_name']}",
        "url": address(site, "photos", index, name),
        "thumbnail_url": address(site, "photos", index, f"photo-{index + 1:05d}-small.png", 1),
        "size": size_of(name),
        "width": 16,
        "height": 16,
        "projection": "360" if dice.chance(0.05) else "regular",
        "image_category_id": site.id("photo_albums", album),
        "image_category_name": _ALBUMS[album],
        "image_category_private": False,
        "location": location,
        "trades": [trade_of(site.firm, dice.whole(0, len(TRADES) - 1))],
        "uploader": anyone(site, dice),
        "private": dice.chance(0.05),
        "starred": dice.chance(0.1),
        "permanently_deleted": False,
        "comments_count": dice.whole(0, 3),
        "gps_lat": f"{dice.part(37.0, 48.0):.6f}",
        "gps_long": f"{dice.part(-123.0, -116.0):.6f}",
        "origin_id": None,
        "daily_log_header_id": header_id(site, day),
        "daily_log_segment_id": shift["id"],
        "daily_log_segment": shift,
        "links": {"self": f"{site.records.url}/{site.project.id}/project/images/{site.id('photos', index)}"},
        "taken_at": taken,
        "created_at": taken,
        "updated_at": taken,
        "_log_date": day.isoformat(),
    }


def photo_albums(site: Site) -> RowList:
    """List a project's photo albums."""
    count = site.get(_how_many)

    def make(index: int) -> Row:
        album_id = site.id("photo_albums", index)
        return {
            "id": album_id,
            "name": _ALBUMS[index],
            "count": len(range(index, count, len(_ALBUMS))),
            "cover_photo": photos(site)[index]["url"] if index < count else None,
            "private": False,
            "position": index + 1,
            "links": {"self": f"{site.records.url}/{site.project.id}/project/image_categories/{album_id}"},
            "created_at": stamp(site.first, 900),
            "updated_at": stamp(site.last, 900),
        }

    return RowList(len(_ALBUMS), make)
