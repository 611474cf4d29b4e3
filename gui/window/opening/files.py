"""The File menu: system files, the catalogue, data files, recent files, the last session."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QSettings
from PySide6.QtWidgets import QFileDialog, QMenu

from engine.recipes import embedding
from engine.recipes.recipe import Recipe, open_recipe
from engine.support.errors import EngineError
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from engine.system import catalogue
from engine.system import system as systems
from engine.system.system import System
from gui.session.draft import own_copy
from gui.window.opening.trial_build import TrialBuild, build
from gui.window.parts import WindowParts

RECENT_MAXIMUM = 8
MOST_NAMED = 8  # files in a question
SYSTEM_SUFFIX = ".toml"
DATA_SUFFIXES = (".csv", ".npz")
# Suffixes of pictures, which hold a system; CSV and NPZ are opened as data.
PICTURE_SUFFIXES = tuple(s for s in embedding.SUFFIXES if s not in DATA_SUFFIXES)
UNREADABLE = "unreadable-system.toml"  # beside the settings
PARAMETER_SUFFIX = ".npz"
PARAMETER_FILTER = "NPZ (*.npz)"
ALL_SUFFIXES = (SYSTEM_SUFFIX, *DATA_SUFFIXES, *PICTURE_SUFFIXES)


class Files(QObject):
    """The commands of the File menu; errors are shown with file, line and field."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._settings = window.settings
        self._trial = TrialBuild(window)
        self._session.not_opened.connect(self._not_opened)

    # -- new ---------------------------------------------------------------------------------

    def new(self) -> None:
        """Open an empty system."""
        if self.may_leave():
            self._session.open(System())

    def new_from_this(self) -> None:
        """Open a copy of this system under another name."""
        system = self._session.draft.system
        if system is not None and self.may_leave():
            self._session.open(own_copy(system))

    # -- opening -----------------------------------------------------------------------------

    def open_entry(self, name: str) -> None:
        """Open a system of the catalogue."""
        self._open(lambda: Recipe(catalogue.load(name)))

    def ask_open(self) -> None:
        """Ask for a file with a system or data, and open it."""
        patterns = " ".join(f"*{suffix}" for suffix in ALL_SUFFIXES)
        pictures = " ".join(f"*{suffix}" for suffix in PICTURE_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            tr("Open a system or data"),
            self.folder(),
            ";;".join(
                [
                    tr("Systems, data and pictures ({patterns})").format(patterns=patterns),
                    tr("Systems (*.toml)"),
                    tr("Data (*.csv *.npz)"),
                    tr("Exported pictures and graphs ({patterns})").format(patterns=pictures),
                ]
            ),
        )
        self._window.focus.to_canvas()
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Open a system file, or the system of an exported picture.

        A data file becomes the data of the present network.
        """
        if path.suffix.lower() in DATA_SUFFIXES:
            from gui.window.opening.data_dialog import DataDialog

            DataDialog(self._window, path).open()
            return
        # a picture is no system file, so that saving asks for a name
        picture = path.suffix.lower() in PICTURE_SUFFIXES
        files = {"picture": path} if picture else {"path": path}
        self._open(lambda: open_recipe(str(path)), **files)

    def _open(
        self, read: Callable[[], Recipe], path: Path | None = None, picture: Path | None = None
    ) -> None:
        """Read and build the system on trial; then ask about unsaved changes; then open it.

        What is small and our own, and what no other system stands before, is opened at once.
        """
        file = path or picture

        def open_built(recipe: Recipe) -> None:
            if self.may_leave():
                self.open_recipe(recipe, path, picture)
                if file is not None:
                    self.note_recent(file)

        def build_read(recipe: Recipe) -> None:
            if recipe.outside and not self._may_read(recipe):
                return
            if self._session.worth_saving or picture is not None:
                name = recipe.system.name if file is None else file.name
                self._trial.ask(lambda: build(recipe), open_built, self._tell, name)
            else:
                open_built(recipe)

        self._trial.forget()
        if file is not None:
            self._trial.ask(read, build_read, self._tell, file.name)
            return
        try:
            recipe = read()
        except (EngineError, OSError) as error:
            self._tell(str(error))
        else:
            build_read(recipe)

    def _may_read(self, recipe: Recipe) -> bool:
        """Ask whether a picture of somebody else's may read files outside its own folder."""
        from gui.window.dialogs import Button, ask

        text = tr("This picture reads files outside its own folder:") + "\n\n"
        text += "\n".join(recipe.outside[:MOST_NAMED])
        text += "\n\n" + tr("Read them, and open it?")
        answer = ask(
            self._window, tr("Files elsewhere"), text, Button.Yes | Button.No, default=Button.No
        )
        return answer == Button.Yes

    def open_recipe(
        self, recipe: Recipe, path: Path | None = None, picture: Path | None = None
    ) -> None:
        """Open a recipe's system at its step, drawn as it says; ``path`` is the system's file."""
        from gui.window.opening.reopening import reopen

        reopen(self._window, recipe, path, picture)

    def dropped(self, data: QMimeData) -> Path | None:
        """Return the dropped file to open, a system or data rather than a picture, or None."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        for suffixes in ((SYSTEM_SUFFIX, *DATA_SUFFIXES), PICTURE_SUFFIXES):
            for path in paths:
                if path.suffix.lower() in suffixes:
                    return path
        return None

    # -- saving ------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save to the system's file, or ask for one where it has none."""
        path = self._session.path
        return self._save(path) if path is not None else self.ask_save()

    def ask_save(self) -> bool:
        """Ask for a file and save to it."""
        system = self._session.draft.system
        if system is None:
            return False
        start = self._session.path or Path(self.folder()) / f"{system.name}{SYSTEM_SUFFIX}"
        path, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save the system"), str(start), tr("Systems (*.toml)")
        )
        self._window.focus.to_canvas()
        if not path:
            return False
        target = Path(path)
        if target.suffix.lower() != SYSTEM_SUFFIX:
            target = target.with_name(target.name + SYSTEM_SUFFIX)
        return self._save(target)

    def _save(self, path: Path) -> bool:
        saved = self._guarded(lambda: self._session.save(path))
        if saved:
            self.note_recent(path)
            self._window.note(tr("Saved {path}").format(path=path))
        return saved

    def may_leave(self) -> bool:
        """Ask about unsaved changes before another system is opened; return whether to go on."""
        if not self._session.worth_saving or self._session.system is None:
            return True
        path = self._session.path
        name = self._session.system.name if path is None else path.name
        from gui.window.dialogs import Button, ask

        answer = ask(
            self._window,
            tr("Unsaved changes"),
            tr("Save the changes to {name} first?").format(name=name),
            Button.Save | Button.Discard | Button.Cancel,
        )
        if answer == Button.Save:
            return self.save()
        return answer == Button.Discard

    # -- parameters --------------------------------------------------------------------------

    def ask_load_parameters(self) -> None:
        """Ask for an NPZ file and restart the training with its parameters."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, tr("Load parameters"), self.folder(), PARAMETER_FILTER
        )
        self._window.focus.to_canvas()
        if path:
            self._session.load_parameters(Path(path))

    def ask_save_parameters(self) -> None:
        """Ask for an NPZ file and write the present parameters to it."""
        system, frame = self._session.system, self._session.frame
        if system is None:
            return
        step = frame.step if frame is not None else 0
        start = Path(self.folder()) / f"{system.name}-step{step}{PARAMETER_SUFFIX}"
        path, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save the parameters"), str(start), PARAMETER_FILTER
        )
        self._window.focus.to_canvas()
        if path:
            target = Path(path)
            if target.suffix.lower() != PARAMETER_SUFFIX:
                target = target.with_name(target.name + PARAMETER_SUFFIX)
            self._session.save_parameters(target)

    # -- saved between starts ----------------------------------------------------------------

    def recent(self) -> list[Path]:
        """The files opened or saved last, newest first."""
        stored = self._settings.value("recent", [])
        names = [stored] if isinstance(stored, str) else list(stored or [])  # type: ignore[call-overload]
        return [Path(name) for name in names]

    def note_recent(self, path: Path) -> None:
        """Put a file first among the recent ones."""
        path = path.absolute()
        rest = [other for other in self.recent() if other != path]
        self._settings.setValue("recent", [str(p) for p in [path, *rest][:RECENT_MAXIMUM]])
        self._settings.setValue("folder", str(path.parent))

    def fill_recent(self, menu: QMenu) -> None:
        """Fill the menu of recent files; called when it is shown."""
        menu.clear()
        for path in self.recent():
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, p=path: self.open_path(p))
        if menu.isEmpty():
            menu.addAction(tr("No files yet")).setEnabled(False)

    def remember_session(self) -> None:
        """Save the edited system, also if it was not saved to a file, for the next start."""
        system = self._session.draft.system
        if system is None:
            return
        try:
            text = systems.to_text(system)
        except ValueError:  # a number with more digits than Python writes
            return
        folder = "" if system.folder is None else str(system.folder.absolute())
        self._settings.setValue("session/system", text)
        self._settings.setValue("session/folder", folder)
        self._settings.setValue("session/path", str(self._session.path or ""))

    def folder(self) -> str:
        """The folder of the last file that was opened or saved, "" where there is none."""
        return str(self._settings.value("folder", ""))

    def _guarded(self, work) -> bool:
        """Call it; show an error in a message and return False if it fails."""
        try:
            work()
        except (EngineError, OSError) as error:
            self._tell(str(error))
            return False
        return True

    def _not_opened(self, problem: str) -> None:
        """Show why opening failed; if there is no other graph, the system is opened for editing."""
        session = self._session
        self._tell(problem)
        if session.unbuilt is not None and (session.system is None or session.system.is_empty):
            session.open_unfinished(*session.unbuilt)
        elif session.topology is None:
            self._session.open(catalogue.load(catalogue.entries()[0].name))

    def _tell(self, problem: str) -> None:
        from gui.window.dialogs import tell_problem

        tell_problem(self._window, problem)


def last_session(
    settings: QSettings, tell: Callable[[str], object]
) -> tuple[System, Path | None] | None:
    """Return the last session's system and its file, None where there is none.

    One that cannot be read, whatever is wrong with it, must not keep the program from starting:
    it is set aside in a file, and ``tell`` is called with words about it.
    """
    text = str(settings.value("session/system", "") or "")
    if not text:
        return None
    folder = str(settings.value("session/folder", "") or "")
    path = str(settings.value("session/path", "") or "")
    try:
        system = systems.parse_text(text, folder=Path(folder) if folder else None)
    except Exception as error:
        kept = Path(settings.fileName()).with_name(UNREADABLE)
        with suppress(EngineError):
            write_bytes(kept, text.encode("utf-8", "replace"))
        settings.remove("session")
        words = tr("The last system cannot be read and was set aside as {path}: {why}")
        tell(words.format(path=kept, why=error))
        return None  # the catalogue's first entry is opened instead
    return system, Path(path) if path else None
