// The measurements: their groups, names and explanations, and which values are unusual.
import { texts } from "../../texts.js"
import { shown, unitOf } from "./units.js"

/** @import { Schemas } from "../../../types/client" */
/** @typedef {Schemas["MeasurementName"]} Name */
/** @typedef {Partial<Record<Name, number>>} Values in millimetres and degrees */

const t = texts("measurements")
// Version 3 of FreeSewing has this one in place of `waistToArmpit`. It is shown if a set has it.
export const OLD = "waistToArmhole"

/** @type {[group: string, names: Name[]][]} */
export const GROUPS = [
  ["around", ["highBust", "chest", "underbust", "waist", "hips", "seat"]],
  ["part", ["highBustFront", "bustFront", "bustSpan", "waistBack", "seatBack"]],
  ["along", [
    "hpsToBust", "bustPointToUnderbust", "hpsToWaistFront", "hpsToWaistBack", "waistToUnderbust", "waistToArmpit", OLD, "waistToHips", "waistToSeat",
    "waistToUpperLeg", "crotchDepth", "crossSeam", "crossSeamFront",
  ]],
  ["arm", ["shoulderSlope", "shoulderToShoulder", "shoulderToElbow", "shoulderToWrist", "biceps", "wrist"]],
  ["leg", ["inseam", "waistToKnee", "waistToFloor", "upperLeg", "knee", "ankle", "heel"]],
  ["head", ["head", "neck"]],
]

/**
 * The usual values: those of FreeSewing's adult sizes, and a third more in both directions.
 * @type {Record<Name, [low: number, high: number]>}
 */
const USUAL = {
  ankle: [130, 440], biceps: [145, 615], bustFront: [290, 865], bustPointToUnderbust: [35, 160], bustSpan: [95, 295], chest: [505, 1755],
  crossSeam: [440, 1380], crossSeamFront: [220, 650], crotchDepth: [160, 545], head: [420, 720], heel: [200, 520], highBust: [475, 1805],
  highBustFront: [265, 880], hips: [470, 1625], hpsToBust: [160, 450], hpsToWaistBack: [230, 755], hpsToWaistFront: [235, 740], inseam: [485, 1125],
  knee: [220, 660], neck: [185, 665], seat: [600, 1635], seatBack: [310, 890], shoulderSlope: [3, 30], shoulderToElbow: [205, 555],
  shoulderToShoulder: [245, 725], shoulderToWrist: [370, 920], underbust: [425, 1720], upperLeg: [350, 955], waist: [425, 1370],
  waistBack: [215, 695], waistToArmpit: [100, 340], waistToArmhole: [100, 340], waistToFloor: [650, 1745], waistToHips: [70, 210],
  waistToKnee: [350, 1030], waistToSeat: [145, 435], waistToUnderbust: [30, 130], waistToUpperLeg: [165, 545], wrist: [100, 270],
}

/** @type {[part: Name, whole: Name][]} */
const PARTS = [
  ["highBustFront", "highBust"], ["bustFront", "chest"], ["bustSpan", "bustFront"], ["waistBack", "waist"], ["seatBack", "seat"],
  ["crossSeamFront", "crossSeam"], ["hpsToBust", "hpsToWaistFront"], ["waistToHips", "waistToSeat"], ["waistToSeat", "waistToUpperLeg"],
  ["waistToUpperLeg", "waistToKnee"], ["waistToKnee", "waistToFloor"], ["inseam", "waistToFloor"], ["shoulderToElbow", "shoulderToWrist"],
  ["wrist", "biceps"], ["ankle", "knee"], ["knee", "upperLeg"], ["waistToUnderbust", "waistToArmpit"],
]

/** @param {string} group */
export function groupName(group) {
  return t.named("group", group)
}

/** @param {string} name */
export function nameOf(name) {
  return t.named("name", name)
}

/** @param {Name} name */
export function explanationOf(name) {
  return t.named("about", name)
}

/**
 * A question about a value, if it is unusual in itself or beside the others; else an empty text.
 * @param {Name} name
 * @param {Values} values
 * @param {boolean} imperial
 */
export function questionAbout(name, values, imperial) {
  const value = values[name]
  if (value === undefined) return ""
  const [low, high] = USUAL[name]
  const unit = unitOf(name, imperial)
  if (value < low || value > high) return t("question.range", { low: shown(low, unit), high: shown(high, unit) })
  const [, whole] = PARTS.find(([part, whole]) => part === name && value >= (values[whole] ?? Infinity)) ?? []
  return whole ? t("question.part", { name: nameOf(whole) }) : ""
}
