"""The theme as Qt takes it: a palette, a small style sheet, and the choice of light or dark."""

from typing import Literal

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from gui.appearance.icons import FOLDER
from gui.appearance.theme import DARK, LIGHT, Theme

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")
Role, Group = QPalette.ColorRole, QPalette.ColorGroup


def palette(theme: Theme) -> QPalette:
    """Return the palette in which Fusion draws every widget of this theme."""
    result = QPalette()
    roles = {
        Role.Window: theme.window,
        Role.WindowText: theme.text,
        Role.Base: theme.surface,
        Role.AlternateBase: theme.window,
        Role.Text: theme.text,
        Role.Button: theme.surface,
        Role.ButtonText: theme.text,
        Role.BrightText: theme.error,
        Role.ToolTipBase: theme.surface,
        Role.ToolTipText: theme.text,
        Role.PlaceholderText: theme.muted,
        Role.Highlight: theme.accent,
        Role.HighlightedText: theme.on_accent,
        Role.Link: theme.accent,
        Role.LinkVisited: theme.accent,
        Role.Accent: theme.accent,
        Role.Light: theme.surface,
        Role.Midlight: theme.grid,
        Role.Mid: theme.border,
        Role.Dark: theme.border,
        Role.Shadow: theme.border,
    }
    for role, colour in roles.items():
        result.setColor(role, QColor(colour))
    for role in (Role.WindowText, Role.Text, Role.ButtonText):
        result.setColor(Group.Disabled, role, _mix(theme.muted, theme.window, 0.45))
    result.setColor(Group.Disabled, Role.Highlight, QColor(theme.border))
    return result


def _mix(a: str, b: str, share: float) -> QColor:
    one, two, rest = QColor(a), QColor(b), 1 - share
    return QColor.fromRgbF(
        one.redF() * rest + two.redF() * share,
        one.greenF() * rest + two.greenF() * share,
        one.blueF() * rest + two.blueF() * share,
    )


def style_sheet(theme: Theme) -> str:
    """Return the style sheet for what a palette cannot express: docks, tabs, fields and buttons."""
    pressed = _mix(theme.accent, theme.surface, 0.75).name()
    hover = _mix(theme.accent, theme.surface, 0.88).name()
    # The text of a progress bar lies half on the filled and half on the empty part.
    written_on = _mix(theme.accent, theme.border, 0.65).name()
    return f"""
QLabel, QToolTip {{ qproperty-textFormat: PlainText; }}
QLabel[rich="true"] {{ qproperty-textFormat: RichText; }}
QToolTip {{ color: {theme.text}; background: {theme.surface};
    border: 1px solid {theme.border}; padding: 4px 6px; }}
QSplitter::handle {{ background: {theme.window}; }}
QSplitter::handle:hover {{ background: {theme.accent}; }}
QMenuBar {{ background: {theme.window}; padding: 1px 4px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {hover}; }}
QMenu {{ background: {theme.surface}; border: 1px solid {theme.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::icon {{ padding-left: 6px; }}
QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
QMenu::item:disabled {{ color: {theme.muted}; background: transparent; }}
QMenu::separator {{ height: 1px; background: {theme.border}; margin: 4px 8px; }}
QToolBar {{ background: {theme.window}; border: 0; spacing: 2px; padding: 2px 6px; }}
QToolBar::separator {{ background: {theme.border}; width: 1px; margin: 5px 5px; }}
QToolButton {{ border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
QToolButton:hover {{ background: {hover}; border-color: {theme.border}; }}
QToolButton:pressed, QToolButton:checked {{ background: {pressed}; }}
QToolButton:focus {{ border-color: {theme.accent}; }}
QToolButton#run {{ background: {theme.accent}; color: {theme.on_accent}; padding: 4px 12px;
    font-weight: 600; }}
QToolButton#run:hover {{ border-color: {theme.text}; }}
QToolButton#run:focus {{ border-color: {theme.text}; }}
QToolButton#run:disabled {{ background: {theme.border}; color: {theme.muted}; }}
QToolButton#heading, QToolButton#heading:checked {{ background: transparent; font-weight: 600;
    text-align: left; padding: 3px 4px 3px 0; }}
QToolButton#layer, QToolButton#layer:checked {{ background: transparent; text-align: left;
    padding: 3px 4px 3px 0; }}
QToolButton#layer[chosen="true"] {{ border-left: 3px solid {theme.accent}; border-radius: 0; }}
QToolButton#layer[refused="true"] {{ color: {theme.error}; }}
QFrame#offer {{ background: {hover}; border: 0; border-bottom: 1px solid {theme.border}; }}
QFrame#drop {{ background: {theme.accent}; }}
QToolButton#layer:hover, QToolButton#heading:hover {{ background: {hover}; }}
QPushButton {{ background: {theme.surface}; border: 1px solid {theme.border};
    border-radius: 5px; padding: 4px 12px; min-height: 16px; }}
QDialogButtonBox, QMessageBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {pressed}; }}
QPushButton:focus {{ border-color: {theme.accent}; }}
QPushButton:default {{ background: {theme.accent}; color: {theme.on_accent};
    border-color: {theme.accent}; }}
QPushButton:disabled {{ color: {theme.muted}; background: {theme.window};
    border-color: {theme.border}; }}
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QComboBox {{ background: {theme.surface};
    border: 1px solid {theme.border}; border-radius: 4px; padding: 2px 5px; min-height: 18px;
    selection-background-color: {theme.accent}; selection-color: {theme.on_accent}; }}
QTextEdit#words {{ background: transparent; border: 0; padding: 0; min-height: 0; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QComboBox:focus
    {{ border-color: {theme.accent}; }}
QLineEdit[refused="true"], QPlainTextEdit[refused="true"], QComboBox[refused="true"]
    {{ border: 1px solid {theme.error}; }}
QSpinBox::up-button, QSpinBox::down-button {{ width: 16px; border: 0; background: transparent; }}
QSpinBox[buttonSymbols="2"]::up-button, QSpinBox[buttonSymbols="2"]::down-button
    {{ width: 0; subcontrol-position: center left; }}
QSpinBox::up-arrow {{ image: url({_picture("spin-up", theme)}); width: 8px; height: 8px; }}
QSpinBox::down-arrow {{ image: url({_picture("combo", theme)}); width: 8px; height: 8px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.muted};
    border-radius: 3px; background: {theme.surface}; }}
QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent};
    image: url({_picture("check", theme)}); }}
QCheckBox::indicator:focus {{ border: 2px solid {theme.accent}; }}
QCheckBox[refused="true"]::indicator {{ border-color: {theme.error}; }}
QComboBox::drop-down {{ border: 0; width: 18px; }}
QComboBox::down-arrow {{ image: url({_picture("combo", theme)}); width: 10px; height: 10px; }}
QComboBox QAbstractItemView {{ background: {theme.surface}; border: 1px solid {theme.border}; }}
QTabBar::tab {{ color: {theme.muted}; padding: 5px 10px; border: 0;
    border-bottom: 2px solid transparent; }}
QTabBar#panels::tab {{ padding: 5px 7px; }}
QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.accent}; }}
QTabBar::tab:hover {{ color: {theme.text}; }}
QScrollArea {{ border: 0; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {theme.border}; border-radius: 4px; margin: 1px;
    min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {theme.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {theme.border}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {theme.accent}; }}
QSlider::sub-page:horizontal:disabled {{ background: {theme.border}; }}
QSlider::handle:horizontal {{ width: 12px; margin: -5px 0; border-radius: 6px;
    background: {theme.surface}; border: 2px solid {theme.accent}; }}
QSlider::handle:horizontal:disabled {{ border-color: {theme.border}; }}
QSlider::handle:horizontal:focus {{ background: {theme.accent}; }}
QProgressBar {{ border: 0; border-radius: 4px; background: {theme.border}; height: 8px;
    text-align: center; }}
QProgressBar::chunk {{ background: {theme.accent}; border-radius: 4px; }}
QProgressBar[textVisible="true"] {{ color: {theme.text}; height: 18px; }}
QProgressBar[textVisible="true"]::chunk {{ background: {written_on}; }}
QStatusBar {{ background: {theme.window}; color: {theme.muted}; }}
QStatusBar::item {{ border: 0; }}
QStatusBar QLabel {{ color: {theme.muted}; padding: 0 8px; }}
QLabel[role="muted"], QTextEdit[role="muted"] {{ color: {theme.muted}; }}
QLabel[role="error"], QTextEdit[role="error"] {{ color: {theme.error}; }}
QLabel[role="warning"] {{ color: {theme.warning}; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QFrame#card {{ background: {theme.surface}; border: 1px solid {theme.border};
    border-radius: 6px; }}
QFrame#footer {{ border: 0; border-top: 1px solid {theme.border}; }}
"""


def _picture(name: str, theme: Theme) -> str:
    return (FOLDER / f"{name}-{theme.name}.svg").as_posix()


def system_is_dark() -> bool:
    """Whether the desktop asks for dark colours."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


class Style(QObject):
    """Holds the theme in use, chosen by the user or by the system; emits ``changed(Theme)``."""

    changed = Signal(object)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        stored = str(settings.value("theme", "system"))
        self.choice: Choice = stored if stored in CHOICES else "system"  # type: ignore[assignment]
        self.theme = self._wanted()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)

    def choose(self, choice: Choice) -> None:
        """Choose "system", "light" or "dark" and remember the choice."""
        self.choice = choice
        self._settings.setValue("theme", choice)
        self._follow()

    def apply(self) -> None:
        """Give the application the palette and the style sheet of the current theme."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette(self.theme))
            app.setStyleSheet(style_sheet(self.theme))

    def _wanted(self) -> Theme:
        if self.choice == "system":
            return DARK if system_is_dark() else LIGHT
        return DARK if self.choice == "dark" else LIGHT

    def _follow(self) -> None:
        wanted = self._wanted()
        if wanted is not self.theme:
            self.theme = wanted
            self.apply()
            self.changed.emit(wanted)
