"""Images of tests that actual results show: the one tag of ours that is not layout. Pure.

A tag is not a word: whether an account is ours, and whole, does not depend on images, which Jama
may write anew or drop.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.text import clean, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.jama.runs import RunUpdate

_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)


def image_html(address: str, name: str) -> str:
    """Return the tag that shows an image.

    Args:
        address: Its URL.
        name: The name of its file.
    """
    return f'<img src="{html.escape(address)}" alt="{html.escape(visible(clean(name)))}" />'


def fitting_images(images: Iterable[str], *, at_most: int) -> str:
    """Return the first of some tags, as many as fit; none is cut apart."""
    shown = ""
    for image in images:
        if len(shown) + len(image) > at_most:
            break
        shown += image
    return shown


def without_images(text: str) -> str:
    """Return HTML of ours without images."""
    return _IMAGE.sub("", text)


def files_of(results: Iterable[TestResult]) -> list[AttachedFile]:
    """Return the files of tests, each once."""
    return list(dict.fromkeys(file for result in results for file in result.files))


def with_images(
    update: RunUpdate, files: Iterable[AttachedFile], find_address: Callable[[AttachedFile], str]
) -> RunUpdate:
    """Return an update that shows images: at their steps, where these get a result.

    Args:
        update: The update.
        files: What is attached to its run.
        find_address: Returns the URL that shows a file; empty when it is not known.
    """
    in_account: list[str] = []
    at_step: defaultdict[int, list[str]] = defaultdict(list)
    told = {number for number, step in enumerate(update.steps, 1) if step.result is not None}
    for file in files:
        address = find_address(file) if file.media_type.startswith("image/") else ""
        if address:
            image = image_html(address, file.name)
            is_at_step = file.step is not None and file.step in told
            (at_step[file.step or 0] if is_at_step else in_account).append(image)
    steps = tuple(
        replace(step, images=tuple(at_step[number])) if number in at_step else step
        for number, step in enumerate(update.steps, 1)
    )
    return replace(update, steps=steps, images=tuple(in_account))
