// Points without WebGL: marks blended straight into the pixels of one image, put on a 2D canvas.

export class RasterPoints {
  /** @param {HTMLCanvasElement} canvas @param {import("./data.js").MapData} data */
  constructor(canvas, data) {
    this.name = "canvas2d";
    this.context = canvas.getContext("2d");
    this.data = data;
    this.palette = [];
    this.stamps = new Map();
  }

  /** @param {{rgb: number[], alpha: number}[]} palette by group; alpha 0 hides */
  setPalette(palette) {
    this.palette = palette;
  }

  /** @param {import("./camera.js").Camera} camera @param {number} radius @param {number} ratio */
  draw(camera, radius, ratio) {
    const { width, height } = this.context.canvas;
    if (this.image?.width !== width || this.image?.height !== height) {
      this.image = this.context.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(0);
    const { positions, groups, legend, n } = this.data;
    const painters = this.palette.map(({ rgb, alpha }, group) =>
      alpha > 0 ? this.stamp(radius * ratio, legend[group]?.mark ?? 0, rgb, alpha) : null);
    const scale = camera.scale * ratio;
    const left = width / 2 - camera.x * scale;
    const top = height / 2 - camera.y * scale;
    const edge = Math.ceil(radius * ratio) + 1;
    for (let row = 0; row < n; row += 1) {
      const x = Math.round(positions[2 * row] * scale + left);
      const y = Math.round(positions[2 * row + 1] * scale + top);
      const painter = painters[groups[row]];
      if (painter === null || x < edge || y < edge || x >= width - edge || y >= height - edge) continue;
      blend(this.pixels, y * width + x, width, painter);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** The pixels of one mark: offsets, and how much of the colour each takes. */
  stamp(radius, mark, rgb, alpha) {
    const name = `${radius.toFixed(1)} ${mark} ${rgb} ${alpha}`;
    let stamp = this.stamps.get(name);
    if (!stamp) {
      if (this.stamps.size > 400) this.stamps.clear();
      stamp = stampOf(radius, mark, rgb, alpha);
      this.stamps.set(name, stamp);
    }
    return stamp;
  }
}

function stampOf(radius, mark, [red, green, blue], alpha) {
  const reach = Math.ceil(radius);
  const dx = [];
  const dy = [];
  const cover = [];
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const part = Math.round(256 * alpha * Math.min(1, Math.max(0, insideOf(mark, x, y, radius) + 0.5)));
      if (part > 8) {
        dx.push(x);
        dy.push(y);
        cover.push(part);
      }
    }
  }
  return { dx: Int8Array.from(dx), dy: Int8Array.from(dy), cover: Uint16Array.from(cover), red, green, blue };
}

/** Pixels from the border of a mark, positive inside. */
function insideOf(mark, x, y, radius) {
  if (mark === 1) return (radius - Math.abs(x) - Math.abs(y)) * 0.71;
  if (mark === 2) return Math.min(0.75 * radius - y, (1.05 * radius + y - 1.8 * Math.abs(x)) * 0.48);
  if (mark === 3) return 0.82 * radius - Math.max(Math.abs(x), Math.abs(y));
  return radius - Math.hypot(x, y);
}

/** Lay a mark over what is there; little-endian pixels, straight alpha. */
function blend(pixels, centre, width, { dx, dy, cover, red, green, blue }) {
  for (let at = 0; at < dx.length; at += 1) {
    const place = centre + dy[at] * width + dx[at];
    const under = pixels[place];
    const part = cover[at];
    const below = (((under >>> 24) * (256 - part)) >> 8);
    const above = (255 * part) >> 8;
    const total = above + below;
    const share = total > 0 ? ((above << 8) / total) | 0 : 0;
    const rest = 256 - share;
    pixels[place] = (total << 24)
      | (((blue * share + ((under >>> 16) & 255) * rest) >> 8) << 16)
      | (((green * share + ((under >>> 8) & 255) * rest) >> 8) << 8)
      | ((red * share + (under & 255) * rest) >> 8);
  }
}
