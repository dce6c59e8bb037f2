// Points by cell of a square grid: what lies under the pointer is found among a few cells.

const POINTS_PER_CELL = 4;

export class PointGrid {
  /** @param {Float32Array} positions in [-1, 1] */
  constructor(positions) {
    const n = positions.length / 2;
    this.positions = positions;
    this.side = Math.max(1, Math.min(1024, Math.floor(Math.sqrt(n / POINTS_PER_CELL))));
    this.starts = new Uint32Array(this.side * this.side + 1);
    this.rows = new Uint32Array(n);
    const cells = new Uint32Array(n);
    for (let row = 0; row < n; row += 1) {
      cells[row] = this.line(positions[2 * row + 1]) * this.side + this.line(positions[2 * row]);
      this.starts[cells[row] + 1] += 1;
    }
    for (let cell = 0; cell < this.side * this.side; cell += 1) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    for (let row = 0; row < n; row += 1) {
      this.rows[next[cells[row]]] = row;
      next[cells[row]] += 1;
    }
  }

  /** Column or row of cells of a coordinate. */
  line(value) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(((value + 1) / 2) * this.side)));
  }

  /**
   * The nearest accepted point within `radius`, or -1.
   * @param {number} x @param {number} y @param {number} radius @param {(row: number) => boolean} accepts
   */
  nearest(x, y, radius, accepts) {
    let best = -1;
    let least = radius * radius;
    for (let line = this.line(y - radius); line <= this.line(y + radius); line += 1) {
      const from = this.starts[line * this.side + this.line(x - radius)];
      const to = this.starts[line * this.side + this.line(x + radius) + 1];
      for (let at = from; at < to; at += 1) {
        const row = this.rows[at];
        const dx = this.positions[2 * row] - x;
        const dy = this.positions[2 * row + 1] - y;
        const squared = dx * dx + dy * dy;
        if (squared <= least && accepts(row)) {
          least = squared;
          best = row;
        }
      }
    }
    return best;
  }
}
