// Which labels show at which zoom. A label that fits at one zoom fits at every closer one, since all lie to the
// right of their marks; so each gets the level from which it shows, and none flickers while the map moves.

import { shortened } from "./data.js";

export const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const STEP = 1.25; // zoom from one level to the next
const HEIGHT = 17; // pixels, with air above and below
const AIR = 6; // pixels between neighbours on a line
const SPARSE = 14; // more of both on a map of many points, so that it is not hidden under its labels
const MANY = 2000; // points; also how many rows compete for the first level
const CELL = 64;
const LONGEST = 28; // characters
const MOST_DRAWN = 260; // labels drawn at a time

export class LabelLayer {
  /** @param {import("./data.js").MapData} data */
  constructor(data) {
    this.data = data;
    this.texts = new Array(data.n);
    this.widths = new Float32Array(data.n);
    this.measure = document.createElement("canvas").getContext("2d");
    this.measure.font = FONT;
    this.spare = data.n > MANY ? SPARSE : 0;
    this.restart(() => true, 1);
  }

  /** Begin anew: when groups are hidden or the window changes. @param {(row: number) => boolean} accepts */
  restart(accepts, fitScale) {
    this.fitScale = fitScale;
    this.waiting = Array.from(this.data.order).filter(accepts);
    this.placed = []; // rows in the order of their levels
    this.counts = []; // placed.length after each finished level
    this.beginLevel();
  }

  beginLevel() {
    this.cells = new Map();
    this.cursor = 0;
    this.unplaced = [];
    this.level = this.counts.length;
    this.scale = this.fitScale * STEP ** this.level;
    for (const row of this.placed) this.occupy(this.boxOf(row));
  }

  /**
   * Place labels up to the level of `zoom`, for at most `budget` milliseconds; true when all is done.
   */
  advance(zoom, budget) {
    const wanted = levelOf(zoom);
    const end = performance.now() + budget;
    while (this.counts.length <= wanted && this.waiting.length > 0) {
      const compete = Math.min(this.waiting.length, MANY * STEP ** (2 * this.level) - this.placed.length);
      while (this.cursor < compete) {
        if (this.cursor % 256 === 255 && performance.now() > end) return false;
        this.tryRow(this.waiting[this.cursor]);
        this.cursor += 1;
      }
      this.waiting = this.unplaced.concat(this.waiting.slice(this.cursor));
      this.counts.push(this.placed.length);
      this.beginLevel();
    }
    return true;
  }

  tryRow(row) {
    const box = this.boxOf(row);
    if (this.isFree(box)) {
      this.occupy(box);
      this.placed.push(row);
    } else {
      this.unplaced.push(row);
    }
  }

  /** The rows that show at `zoom` in the window, most important first. */
  visible(camera) {
    const done = this.counts[Math.min(levelOf(camera.zoom), this.counts.length - 1)] ?? this.placed.length;
    const { positions } = this.data;
    const rows = [];
    for (let at = 0; at < done && rows.length < MOST_DRAWN; at += 1) {
      const row = this.placed[at];
      const px = camera.screenX(positions[2 * row]);
      const py = camera.screenY(positions[2 * row + 1]);
      if (px > -150 && py > -10 && px < camera.width && py < camera.height + 10) rows.push(row);
    }
    return rows;
  }

  /** What a label reads. */
  text(row) {
    this.texts[row] ??= shortened(this.data.keys[row], LONGEST);
    return this.texts[row];
  }

  /** Width of a label in pixels. */
  widthOf(row) {
    if (this.widths[row] === 0) this.widths[row] = this.measure.measureText(this.text(row)).width;
    return this.widths[row];
  }

  /** Left, right, top, bottom of a label in pixels of the current level. */
  boxOf(row) {
    const x = this.data.positions[2 * row] * this.scale;
    const y = this.data.positions[2 * row + 1] * this.scale;
    const half = (HEIGHT + this.spare) / 2;
    return [x, x + this.widthOf(row) + AIR + this.spare, y - half, y + half];
  }

  isFree(box) {
    for (const cell of cellsOf(box)) {
      for (const other of this.cells.get(cell) ?? []) {
        if (box[0] < other[1] && other[0] < box[1] && box[2] < other[3] && other[2] < box[3]) return false;
      }
    }
    return true;
  }

  occupy(box) {
    for (const cell of cellsOf(box)) {
      const boxes = this.cells.get(cell);
      if (boxes) boxes.push(box);
      else this.cells.set(cell, [box]);
    }
  }
}

function levelOf(zoom) {
  return Math.max(0, Math.floor(Math.log(zoom) / Math.log(STEP) + 1e-9));
}

function cellsOf(box) {
  const cells = [];
  for (let line = Math.floor(box[2] / CELL); line <= Math.floor(box[3] / CELL); line += 1) {
    for (let column = Math.floor(box[0] / CELL); column <= Math.floor(box[1] / CELL); column += 1) {
      cells.push(line * 4194304 + column);
    }
  }
  return cells;
}

/** Draw labels beside their marks, with a halo in the colour of the ground. */
export function drawLabels(context, layer, rows, camera, gap, colours) {
  const { positions } = layer.data;
  context.font = FONT;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = colours.ground;
  context.fillStyle = colours.ink;
  for (const row of rows) {
    const x = camera.screenX(positions[2 * row]) + gap;
    const y = camera.screenY(positions[2 * row + 1]);
    context.strokeText(layer.text(row), x, y);
    context.fillText(layer.text(row), x, y);
  }
}
