"""How FreeSewing's measurements are called in Seamly2D and Valentina: facts, one line a source."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Choice:
    """An expression over their names, such as `hip_circ - hip_arc_f`, and how far to trust it (see `TABLE`)."""

    text: str
    trust: str
    note: str = ""

    @cached_property
    def terms(self) -> tuple[tuple[int, str], ...]:
        """(factor, name or number) of each part of the sum."""
        parts = self.text.replace("- ", "-").replace("+ ", "").replace(" * ", "*").split()
        return tuple(_term(part) for part in parts)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it needs."""
        return frozenset(name for _, name in self.terms if not name.isdigit())

    @property
    def is_derived(self) -> bool:
        """Whether it combines measurements, so that its result is not itself in the file."""
        return len(self.names) > 1


def _term(part: str) -> tuple[int, str]:
    factor, _, name = part.removeprefix("-").rpartition("*")
    return int(factor or 1) * (-1 if part.startswith("-") else 1), name


_HIGH = "Theirs is where the belly stands out most; ours is at the tops of the hip bones."
_LEVEL = "Theirs follows the body, and is higher in the back; ours is level, at the narrowest place."
_SLANT = "Theirs follows the curve of the hip; ours goes straight down."
_CROTCH = "Theirs ends at the crotch; ours a little lower."
_SPLIT = "Where front and back part is less strict in ours."

# Our name; their name; A: same definition, B: same part of the body, measured a little differently, C: a substitute
# that the user should check; the difference. The first line of a name is used for writing. When a file lacks that
# measurement, the next lines are used for reading.
_LINES = (
    ("ankle", "leg_ankle_high_circ", "B", "Theirs is at the deepest place behind the ankle; ours is just above it."),
    ("ankle", "leg_ankle_circ", "B", "Theirs is where the leg meets the foot, which is wider."),
    ("biceps", "arm_upper_circ", "B", "Theirs is level with the armpit; ours is where the arm is fullest."),
    ("bustFront", "bust_arc_f", "A", ""),
    ("bustFront", "size", "A", ""),
    ("bustPointToUnderbust", "bustpoint_to_lowbust", "A", ""),
    ("bustSpan", "bustpoint_to_bustpoint", "A", ""),
    ("bustSpan", "2 * bustpoint_to_bustpoint_half", "A", ""),
    ("chest", "bust_circ", "A", ""),
    ("crossSeam", "crotch_length", "A", ""),
    ("crossSeam", "crotch_length_b + crotch_length_f", "A", ""),
    ("crossSeamFront", "crotch_length_f", "B", _SPLIT),
    ("crossSeamFront", "crotch_length - crotch_length_b", "B", _SPLIT),
    ("crotchDepth", "rise_length_side_sitting", "B", _SLANT),
    ("head", "head_circ", "A", ""),
    ("heel", "leg_ankle_diag_circ", "B", "Ours is at the widest part of the heel, with the foot stretched."),
    ("highBust", "highbust_circ", "A", ""),
    ("highBustFront", "highbust_arc_f", "A", ""),
    ("hips", "highhip_circ", "B", _HIGH),
    ("hpsToBust", "neck_side_to_bust_f", "A", ""),
    ("hpsToBust", "bustpoint_to_neck_side", "C", "Theirs goes slantwise to the bust point; ours straight down."),
    ("hpsToWaistBack", "neck_side_to_waist_b", "A", ""),
    ("hpsToWaistFront", "neck_side_to_waist_f", "A", ""),
    (
        "hpsToWaistFront",
        "neck_side_to_waist_bustpoint_f",
        "B",
        "Theirs goes over the bust point; ours straight down.",
    ),
    ("inseam", "leg_crotch_to_floor", "A", ""),
    ("knee", "leg_knee_circ", "A", ""),
    ("neck", "neck_circ", "B", "Theirs is at the base of the neck; ours is where the collar of a shirt sits."),
    ("neck", "neck_mid_circ", "B", "Theirs is half-way up the neck; ours is where the collar of a shirt sits."),
    ("seat", "hip_circ", "A", ""),
    ("seatBack", "hip_arc_b", "A", ""),
    ("seatBack", "hip_circ - hip_arc_f", "A", ""),
    ("shoulderSlope", "shoulder_slope_neck_side_angle", "A", ""),
    ("shoulderSlope", "90 - shoulder_slope_shoulder_tip_angle", "A", ""),
    ("shoulderToElbow", "arm_shoulder_tip_to_elbow", "A", ""),
    ("shoulderToElbow", "arm_shoulder_tip_to_elbow_bent", "B", "Theirs is taken with a bent arm."),
    ("shoulderToShoulder", "shoulder_tip_to_shoulder_tip_b", "A", ""),
    ("shoulderToShoulder", "2 * shoulder_tip_to_shoulder_tip_half_b", "A", ""),
    ("shoulderToWrist", "arm_shoulder_tip_to_wrist", "B", "Theirs is taken with a straight arm; ours a little bent."),
    (
        "shoulderToWrist",
        "arm_shoulder_tip_to_wrist_bent",
        "B",
        "Theirs goes round a fully bent elbow, and is longer.",
    ),
    ("underbust", "lowbust_circ", "A", ""),
    ("upperLeg", "leg_thigh_upper_circ", "B", "Theirs is close to the crotch; ours is a little lower."),
    ("waist", "waist_circ", "B", _LEVEL),
    ("waist", "waist_natural_circ", "C", "Theirs follows the fold of the body aslant; ours is level."),
    ("waistBack", "waist_arc_b", "B", _LEVEL),
    ("waistBack", "waist_circ - waist_arc_f", "B", _LEVEL),
    ("waistToArmpit", "armpit_to_waist_side", "B", "Ours goes straight up, and ends a little below the armpit."),
    ("waistToFloor", "height_waist_side", "A", ""),
    ("waistToFloor", "leg_waist_side_to_floor", "C", _SLANT),
    ("waistToHips", "waist_to_highhip_side", "B", _HIGH),
    ("waistToHips", "height_waist_side - height_highhip", "B", _HIGH),
    ("waistToKnee", "height_waist_side_to_knee", "A", ""),
    ("waistToKnee", "height_waist_side - height_knee", "A", ""),
    ("waistToKnee", "leg_waist_side_to_knee", "B", _SLANT),
    ("waistToSeat", "height_waist_side_to_hip", "A", ""),
    ("waistToSeat", "height_waist_side - height_hip", "A", ""),
    ("waistToSeat", "waist_to_hip_side", "B", _SLANT),
    ("waistToUnderbust", "lowbust_to_waist_f", "B", "Theirs is taken in front; ours at the side."),
    ("waistToUpperLeg", "rise_length_side", "B", _CROTCH),
    ("waistToUpperLeg", "height_waist_side - leg_crotch_to_floor", "B", _CROTCH),
    ("wrist", "arm_wrist_circ", "A", ""),
)
TABLE = {
    name: tuple(Choice(text, trust, note) for ours, text, trust, note in _LINES if ours == name)
    for name in dict.fromkeys(ours for ours, _, _, _ in _LINES)
}
"""What each of our measurements can be taken from, the best first."""
ALIASES = {"waistToArmhole": "waistToArmpit"}
"""What version 3 of FreeSewing calls a measurement, and what it is written as."""
OURS = frozenset(TABLE) | frozenset(ALIASES)
THEIRS = frozenset(name for choices in TABLE.values() for choice in choices for name in choice.names)
"""All names of theirs that something is taken from."""
ANGLES = frozenset({"shoulderSlope", "shoulder_slope_neck_side_angle", "shoulder_slope_shoulder_tip_angle"})
"""Measurements in degrees, whatever the unit of the file."""
