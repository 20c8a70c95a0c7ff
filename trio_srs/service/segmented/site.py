"""The paths of streams in segments, and who is known under them. Floor 3.

What is at ``/{app}/{stream}`` with an ending leads below ``{stream}.{form}/{form}_ctx={id}/``:
whoever asks for it is a viewer, and is known below there by that id. So what is there is the same
bytes for all.

Where viewers have no URLs of their own, it leads below ``{stream}.{form}/``, and who asks for
something there is known by its address and its ``Authorization``: as a rule a cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import ClassVar, Final, Generic, TypeVar
from urllib.parse import quote
from weakref import ref

import attrs
import trio

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.end import End
from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.media.segments.variant_template import VariantMember
from trio_srs.service.base import Parts, WebAnswer, WebClient
from trio_srs.service.segmented.config import SegmentedConfig
from trio_srs.service.segmented.media_answers import MediaAnswers
from trio_srs.service.segmented.scoped import Scoped
from trio_srs.service.segmented.viewer import SegmentsViewer, Wanted
from trio_srs.service.segmented.viewer_admission import ViewerAdmission
from trio_srs.service.segmented.viewers import SHARED, Viewers, shared_ctx
from trio_srs.session.http_events import HttpRequest

__all__ = [
    "HOLD_TARGETS",
    "Folder",
    "HeldTooLongError",
    "NoSuchSegmentError",
    "SegmentedSite",
]

_TAG_DIGITS: Final = 16
HOLD_TARGETS: Final = 3
"""Target durations that are waited at most for what a request is held for."""

ConfigT = TypeVar("ConfigT", bound=SegmentedConfig)


class NoSuchSegmentError(RefusedError):
    """What a URL of a stream in segments names is not there, or not any more."""

    code = "no_such_segment"
    http_status = 404


class HeldTooLongError(RefusedError):
    """What was waited for did not come."""

    code = "held_too_long"
    http_status = 503


class SegmentedSite(ABC, Generic[ConfigT]):
    """Everything that one server serves in one form of segments, and everybody who watches it.

    Attributes:
        name: of the form: ``hls``.
        ending: of the path by which viewers begin.
        kept_endings: of files that may be asked for when the stream is cut no more.
        live: what is cut now.
        viewers: the sessions.

    Args:
        scoped: asked for whatever begins.
    """

    name: ClassVar[str]
    ending: ClassVar[str]
    kept_endings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parts: Parts, scoped: Scoped[ConfigT]) -> None:
        self.live = parts.hub.segmented
        self.viewers = Viewers()
        self._media = MediaAnswers(self.live.files)
        self.live.files.on_want = self._prepare_file
        self._folders: dict[tuple[str, ...], Folder] = {}  # of viewers that have been there
        self.scoped = scoped
        self._parts = parts
        self._admission = ViewerAdmission(
            parts, scoped, self.name, self.viewers, self.members, self.ended
        )
        self._folder, self._ctx = f".{self.name}", f"{self.name}_ctx="

    def _prepare_file(self) -> None:
        supervisor, files = self._parts.hub.supervisor, self.live.files
        if supervisor.is_running:
            supervisor.start("memory for segments", files.prepare)

    # ------------------------------------------------------- what a form says

    @abstractmethod
    def container(self, asked: HttpRequest) -> SegmentContainer | None:
        """In what somebody who begins wants the stream; None: in whatever it is usually."""

    @abstractmethod
    def container_of(self, file: str) -> SegmentContainer:
        """In what somebody has it who goes on, by the name of a file of it."""

    @abstractmethod
    def first(self, key: str, lives: Mapping[str, SegmentedStream], folder: str) -> WebAnswer:
        """What a new viewer is answered.

        Args:
            key: the name of the stream that it was granted.
            lives: the streams that it may choose from, by label; see :meth:`members`.
            folder: where all else is, relative to the path.
        """

    @abstractmethod
    def file(
        self, asked: HttpRequest, viewer: SegmentsViewer, live: SegmentedStream, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """A file of a viewer's folder.

        Raises:
            RefusedError: no; also raised by what is awaited.
        """

    def at_once(self, folder: Folder, file: str) -> WebAnswer | None:
        """What :meth:`file` says of a file that is asked for again and again, if that is known at
        once: by default nothing is.

        Args:
            folder: of a viewer that has been seen in this moment.
        """
        return None

    def members(self, key: str) -> tuple[VariantMember, ...]:
        """The streams that are offered as one: by default that one, whose label is empty. Below
        the viewer's folder there is one for each label."""
        return (VariantMember("", key),)

    def known(self, asked: HttpRequest, client: WebClient) -> SegmentsViewer | None:
        """Who asks again for what viewers begin with, and is none that begins: by default
        nobody."""
        return None

    def began(self, viewer: SegmentsViewer, asked: HttpRequest, client: WebClient) -> None:
        """Somebody was let in who begins."""

    def ended(self, viewer: SegmentsViewer, end: End) -> None:
        """Somebody is over; also who was not let in."""
        self.viewers.ended(viewer, end)
        for folder in viewer.folders:
            self._folders.pop(folder, None)

    def kept(self, viewer: SegmentsViewer, key: str, file: str) -> WebAnswer:
        """A file of a stream that may be cut no more, for who may play it.

        Args:
            key: the stream's name.

        Raises:
            NoSuchSegmentError: there is none.
        """
        raise NoSuchSegmentError(f"there is no {file[:80]} of {key}")

    def max_age_s(self, key: str) -> int:
        """How long a cache may keep what comes first of a stream, where that is the same for all:
        by default half a segment."""
        return max(int(self.scoped.of(key).segment / 2), 1)

    # ----------------------------------------------------------------- paths

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        """Answer a request; None if the path is none of this form.

        Raises:
            RefusedError: no; also raised by what is awaited.
        """
        segments = asked.target.segments
        if len(segments) < 2:
            return None
        known = self._folders.get(segments[:-1])
        if known is not None and self.viewers.see(known.viewer):
            return self.at_once(known, segments[-1]) or self._of(asked, known, segments[-1])
        *folders, file = segments
        for depth in (0, 1):  # the folder of a viewer, and that of a label in it
            above, inside = folders[: len(folders) - depth], folders[len(folders) - depth :]
            found = self._place(above)
            if found is not None:
                return self._below(asked, client, *found, "/".join((*inside, file)))
        if not file.endswith(self.ending) or file == self.ending:
            return None
        wanted = Wanted("/".join(folders), file.removesuffix(self.ending))
        return self._begin(asked, client, wanted)

    def _place(self, folders: Sequence[str]) -> tuple[Wanted, str] | None:
        """The stream, and the id in the URL if any, that a folder is of; None if it is of none."""
        ctx = ""
        if folders and folders[-1].startswith(self._ctx):
            *folders, last = folders
            ctx = last.removeprefix(self._ctx)
        if len(folders) < 2 or not folders[-1].endswith(self._folder):
            return None
        return Wanted("/".join(folders[:-1]), folders[-1].removesuffix(self._folder)), ctx

    def _below(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, ctx: str, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """What is in the folder of a viewer, or of all of them."""
        if ctx.startswith(SHARED):
            raise NoSuchSegmentError("that is nobody's")
        if not ctx and file.endswith(self.kept_endings):
            return self._kept(asked, client, wanted, file)
        ctx = ctx or shared_ctx(asked, client, wanted, self.container_of(file))
        return self._known(asked, client, wanted, ctx, file)

    # ------------------------------------------------------------ new viewers

    async def _begin(self, asked: HttpRequest, client: WebClient, wanted: Wanted) -> WebAnswer:
        """Another viewer: let it in, and answer when there is something to see."""
        viewer = self.known(asked, client)
        if viewer is not None:
            self.viewers.seen(viewer.ctx)
            return await self._welcome(viewer, goes_on=True)
        config, container = self._admission.config_for(asked, client, wanted), self.container(asked)
        if not config.viewer_ctx:
            container = container or config.usual_container
            return await self._begin_shared(asked, client, wanted, container)
        viewer = await self._admission.admit(
            asked, client, wanted, self.viewers.new_ctx(), container
        )
        self.began(viewer, asked, client)
        try:
            answer = await self._welcome(viewer)
        except BaseException as error:
            detail = str(error) or "it left before it was answered"
            viewer.conclude(End(EndReason.NO_PUBLISHER, detail))
            raise
        if asked.method == "HEAD":
            viewer.conclude(End(EndReason.PEER_FIN, "it asked for the head alone"))
        return answer

    async def _welcome(self, viewer: SegmentsViewer, *, goes_on: bool = False) -> WebAnswer:
        lives = self._ended(viewer) if goes_on else {}
        lives = lives or await self._admission.ready(viewer)
        folder = f"{quote(viewer.wanted.name)}{self._folder}/{self._ctx}{viewer.ctx}/"
        return self.first(viewer.key, lives, folder)

    def _ended(self, viewer: SegmentsViewer) -> Mapping[str, SegmentedStream]:
        """The stream that a viewer goes on to ask for when it is over: by label, if it is still
        there and not another one has begun."""
        if viewer.stream is None or len(viewer.members) != 1:
            return {}
        (member,) = viewer.members
        live = self.live.find(member.key, viewer.rule)
        if live is None or not live.has_ended or not live.presentation.is_ready:
            return {}
        return {member.label: live}

    async def _begin_shared(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, container: SegmentContainer
    ) -> WebAnswer:
        """Somebody, or a cache for somebody: what comes first is the same for all."""
        ctx = shared_ctx(asked, client, wanted, container)
        viewer = self.viewers.seen(ctx)
        if viewer is None:
            viewer = await self._admission.admit(asked, client, wanted, ctx, container)
        lives, key = await self._admission.ready(viewer), viewer.key
        answer = self.first(key, lives, f"{quote(wanted.name)}{self._folder}/")
        digest = sha256(b"".join(map(bytes, answer.chunks))).hexdigest()[:_TAG_DIGITS]
        age = f"max-age={self.max_age_s(key)}"
        return attrs.evolve(answer, cache_control=age, etag=f'"{digest}"')

    # ---------------------------------------------------------- known viewers

    def _known(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, ctx: str, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        viewer = self.viewers.seen(ctx)
        if viewer is None:
            return self._return(asked, client, wanted, ctx, file)
        if viewer.wanted != wanted:
            raise NoSuchSegmentError(f"{ctx} is of another stream")
        folder, name = _folder(viewer, file)
        if not ctx.startswith(SHARED):
            viewer.folders.append(asked.target.segments[:-1])
            self._folders[asked.target.segments[:-1]] = folder
        return self._of(asked, folder, name)

    def _of(
        self, asked: HttpRequest, folder: Folder, name: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """A file of a folder, now or when it is there."""
        answer = self._file(asked, folder, name)
        return answer if isinstance(answer, WebAnswer) else self._held(folder.viewer, answer)

    async def _held(self, viewer: SegmentsViewer, answer: Awaitable[WebAnswer]) -> WebAnswer:
        """What is not there yet: who waits for it is there, however long that takes."""
        with self.viewers.waiting(viewer):
            return await answer

    async def _return(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, ctx: str, file: str
    ) -> WebAnswer:
        """Somebody goes on who was gone, or was of another run of the server: a new session."""
        viewer = await self._admission.admit(asked, client, wanted, ctx, self.container_of(file))
        await self._admission.ready(viewer)
        answer = self._of(asked, *_folder(viewer, file))
        return answer if isinstance(answer, WebAnswer) else await answer

    async def _kept(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, file: str
    ) -> WebAnswer:
        """What does not need the stream to go on: for who may play it all the same."""
        ctx = shared_ctx(asked, client, wanted, None)
        viewer = self.viewers.seen(ctx)
        if viewer is None:
            container = self.container_of(file)
            viewer = await self._admission.admit(
                asked, client, wanted, ctx, container, is_cut=False
            )
        folder, name = _folder(viewer, file)
        return self.kept(viewer, folder.key, name)

    def _file(
        self, asked: HttpRequest, folder: Folder, name: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """Whatever is in a folder."""
        viewer = folder.viewer
        live = self.live_of(folder)
        if live is None:
            raise NoSuchSegmentError(f"nothing of {folder.key} is there any more")
        return self.file(asked, viewer, live, name)

    # ------------------------------------------------------------------ media

    def live_of(self, folder: Folder) -> SegmentedStream | None:
        """The stream that a folder has files of: the newest of its name, which may have ended; None
        where there is none any more."""
        live = folder.live()
        if live is None or live.is_gone:
            live = self.live.find(folder.key, folder.viewer.rule)
            if live is not None:
                folder.live = ref(live)
        return live

    def rendition(self, live: SegmentedStream, file: str) -> Rendition:
        """That a segment, or what belongs to one, is of by its name.

        Raises:
            NoSuchSegmentError: it is of none.
        """
        rendition = live.presentation.rendition(file.partition("-")[0])
        if rendition is None:
            raise NoSuchSegmentError(f"there is no {file[:80]}")
        return rendition

    def media(self, viewer: SegmentsViewer, rendition: Rendition, file: str) -> WebAnswer | None:
        """A segment, a part of one, or what is needed to read them, if it is kept."""
        media = self._media.find(rendition, file)
        if media is None:
            return None
        viewer.given(media, trio.current_time())
        return media.answer

    def kept_at_once(self, folder: Folder, file: str) -> WebAnswer | None:
        """The same of any rendition; see :meth:`at_once`."""
        live = self.live_of(folder)
        if live is not None:
            for rendition in live.presentation.renditions:
                media = self._media.find(rendition, file)
                if media is not None:
                    folder.viewer.given(media, folder.viewer.seen_at)
                    return media.answer
        return None


def _nobody() -> None:
    """Before anybody has asked for a file of the folder, no stream of its name is known."""


@attrs.define(eq=False)
class Folder:
    """Files of one stream, as one viewer has them."""

    viewer: SegmentsViewer
    key: str
    """The stream's name."""
    live: Callable[[], SegmentedStream | None] = _nobody
    """What was the newest of that name when somebody looked, if that is still there; see
    :meth:`SegmentedSite.live_of`."""


def _folder(viewer: SegmentsViewer, file: str) -> tuple[Folder, str]:
    """In what a file below a viewer's URL is, and its own name."""
    label, _, name = file.rpartition("/")
    for member in viewer.members:
        if member.label == label:
            return Folder(viewer, member.key), name
    raise NoSuchSegmentError(f"there is nothing called {label[:80]}")
