"""How often each thing is drawn: all the numbers in one place, and what each of them limits.

The training thread trains in slices, between which it takes commands. When enough was trained since
the last frame was drawn (``gui/training/pace.py``), it puts a frame into the mailbox. A timer of
the session takes it there and hands it round (``gui/session/fan_out.py``): each listener that is in
sight draws it in an event-loop turn of its own, so that a key or a click never waits for more than
one of them. Meanwhile training waits; then the next frame may come. So frames are limited where
they are made, not where they are drawn: what is on screen belongs to one step. What a person asks
for by moving and hovering comes oftener than it can be drawn, and is limited by each plot's
``RedrawLimit``. What takes longer than a moment (a crowded canvas, a smoothed history, a picture
for the clipboard) is done in slices of the GUI thread, each short beside a display refresh (16 ms).
"""

# -- from the training thread to the mailbox -----------------------------------------------------

# Training goes on between two frames for so many times what a frame costs to make and draw: at most
# 29 % of the time go to frames while one watches, and 5 % at full speed …
TRAINED_WATCHING, TRAINED_AT_FULL_SPEED = 2.5, 20.0
# … but for so long at least and at most.
LEAST_TRAINED_SECONDS, MOST_TRAINED_SECONDS = 0.006, 0.5
# Weight of the newest frame's cost in the average: one slow frame is not yet a slow window.
WEIGHT_OF_NEWEST_COST = 0.3
# After so long training looks for commands and whether a frame is due.
TRAINING_SLICE_SECONDS = 0.006
# Steps a second up to which each of them is shown.
STEP_BY_STEP = 20.0
# Steps that are late by more than this are not made up for: they would come in a burst.
LATE_SECONDS = 0.25
# How long a frame lies unread before a newer one replaces it (full speed) …
UNREAD_SECONDS = 0.1
# … and before training waits for it to be taken (otherwise).
PATIENCE_SECONDS = 0.025
# Between two signs of life of long work on the training thread; shorter work shows none.
PROGRESS_SECONDS = 0.15

# -- from the mailbox to the listeners -----------------------------------------------------------

# The mailbox is looked into so often: once a display refresh.
MAILBOX_MS = 16
# For so long training waits when the canvas has more urgent work, each time it says so.
HOLD_SECONDS = 0.02

# -- panels --------------------------------------------------------------------------------------

# Between two redraws that a person's moving asks for: a plot needs about twenty a second …
REDRAW_MS = 50
# … the inspector's page of numbers about fifteen …
INSPECTOR_REDRAW_MS = 66
# … and for so many times what the last one took: never more than a sixth of the GUI thread's time.
REST_AFTER_REDRAW = 5
# Until what is asked for while drawing is drawn.
REDRAW_AGAIN_MS = 16
# So long a redraw smooths rows of a long history that it has not seen before; the rest comes later.
SMOOTHING_SECONDS = 0.005
# Over so long the measured steps a second are counted before they are said anew.
SPEED_MEASURED_SECONDS = 0.5

# -- the canvas ----------------------------------------------------------------------------------

# A graph glides to a new placement for so long, and is drawn on the way so often.
GLIDE_SECONDS, GLIDE_MS = 0.2, 16
# Zooming has come to rest when the view has stood still for so long: then a sharp sheet is made …
ZOOM_REST_MS = 12
# … in slices of so long …
SHEET_SLICE_SECONDS = 0.006
# … of which finding out how a tile's texts run may take so long …
TILE_TEXTS_SECONDS = 0.004
# … while its threads are asked so often what is done.
TILES_ASKED_MS = 2
# A first picture is shown in patches, so often.
PATCHES_SECONDS = 0.05
# So long nodes in a state that is no colour are painted in one painting of a crowded canvas …
MARKS_SECONDS = 0.006
# … and so long places for the labels of edges are looked for.
EDGE_LABELS_SECONDS = 0.003
# The lines of a neuron view are drawn sharp when its weights have stood still for so long.
NEURON_LINES_REST_MS = 90

# -- exports -------------------------------------------------------------------------------------

# A picture for the clipboard is drawn in slices of so long.
COPY_SLICE_SECONDS = 0.006
# The process that draws files says so often how far it is …
EXPORT_PROGRESS_SECONDS = 0.1
# … and the window looks so often what it has said.
EXPORT_HEARD_MS = 30

# -- saving the session --------------------------------------------------------------------------

# The session is looked at so often, and saved where it has changed …
SESSION_LOOK_MS = 1000
# … while training runs, which changes it all the time, at most so often …
SESSION_RUN_SECONDS = 2.0
# … and again after so long where it could not be written.
SESSION_RETRY_SECONDS = 30.0
