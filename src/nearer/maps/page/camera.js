// The camera: which part of the plane is on screen, in CSS pixels.

const FARTHEST = 0.6; // zoom, relative to all points in view
const CLOSEST = 4000;
const MARGIN = 0.88; // share of the window that all points take

export class Camera {
  /** @param {Float32Array} positions */
  constructor(positions) {
    this.box = boundsOf(positions);
    this.width = 1;
    this.height = 1;
    this.x = 0;
    this.y = 0;
    this.scale = 1; // pixels for one unit
  }

  /** Pixels for one unit when all points are in view. */
  get fitScale() {
    const [left, top, right, bottom] = this.box;
    const across = (this.width * MARGIN) / Math.max(right - left, 1e-6);
    return Math.min(across, (this.height * MARGIN) / Math.max(bottom - top, 1e-6));
  }

  /** 1 when all points are in view. */
  get zoom() {
    return this.scale / this.fitScale;
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    const zoom = this.zoom;
    this.width = width;
    this.height = height;
    this.scale = this.fitScale * zoom;
  }

  /** The place that shows all points. */
  everything() {
    const [left, top, right, bottom] = this.box;
    return { x: (left + right) / 2, y: (top + bottom) / 2, scale: this.fitScale };
  }

  /** @param {{x: number, y: number, scale: number}} place */
  moveTo(place) {
    this.x = place.x;
    this.y = place.y;
    this.scale = place.scale;
  }

  /** @param {number} dx @param {number} dy pixels */
  panBy(dx, dy) {
    const [left, top, right, bottom] = this.box;
    this.x = Math.min(right, Math.max(left, this.x - dx / this.scale));
    this.y = Math.min(bottom, Math.max(top, this.y - dy / this.scale));
  }

  /** Zoom by `factor` and keep what is at the pixel (px, py) there. */
  zoomAt(factor, px, py) {
    const at = this.toWorld(px, py);
    this.scale = this.limited(this.scale * factor);
    this.x = at.x - (px - this.width / 2) / this.scale;
    this.y = at.y - (py - this.height / 2) / this.scale;
  }

  /** @param {number} scale */
  limited(scale) {
    return Math.min(this.fitScale * CLOSEST, Math.max(this.fitScale * FARTHEST, scale));
  }

  toWorld(px, py) {
    return { x: this.x + (px - this.width / 2) / this.scale, y: this.y + (py - this.height / 2) / this.scale };
  }

  screenX(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  screenY(y) {
    return (y - this.y) * this.scale + this.height / 2;
  }

  /** Whether a point lies within `margin` pixels of the window. */
  sees(x, y, margin) {
    const px = this.screenX(x);
    const py = this.screenY(y);
    return px > -margin && py > -margin && px < this.width + margin && py < this.height + margin;
  }
}

/** @param {Float32Array} positions @returns {[number, number, number, number]} */
function boundsOf(positions) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < positions.length; at += 2) {
    box[0] = Math.min(box[0], positions[at]);
    box[1] = Math.min(box[1], positions[at + 1]);
    box[2] = Math.max(box[2], positions[at]);
    box[3] = Math.max(box[3], positions[at + 1]);
  }
  return box;
}

/**
 * The place `part` (0 to 1) of the way from one view to another; scale moves evenly in its logarithm.
 */
export function between(from, to, part) {
  const eased = part < 0.5 ? 2 * part * part : 1 - (2 - 2 * part) ** 2 / 2;
  const scale = Math.exp(Math.log(from.scale) + (Math.log(to.scale) - Math.log(from.scale)) * eased);
  // the centre follows the scale, so that the target drifts evenly over the screen
  const ratio = Math.abs(to.scale / from.scale - 1) < 1e-3
    ? eased
    : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  return { x: from.x + (to.x - from.x) * ratio, y: from.y + (to.y - from.y) * ratio, scale };
}
