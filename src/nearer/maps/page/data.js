// The data that the page carries: JSON with numbers packed as base64.

/**
 * @typedef {object} MapData
 * @property {number} n
 * @property {string[]} keys
 * @property {Record<string, string[]>} columns payload texts by column, n each
 * @property {Float32Array} positions x and y of each point, in [-1, 1], y downwards
 * @property {Uint8Array} groups
 * @property {{name: string, light: string, dark: string, mark: number}[]} legend
 * @property {Uint32Array} order rows that may carry a label, most important first
 * @property {{k: number, ids: Uint16Array | Uint32Array, scores: Uint16Array, low: number, high: number,
 *   title: string}} nearest
 */

/** @returns {MapData} */
export function readData() {
  const raw = JSON.parse(document.getElementById("data").textContent);
  const { nearest } = raw;
  return {
    n: raw.keys.length,
    keys: raw.keys,
    columns: raw.columns,
    positions: new Float32Array(bytesOf(raw.positions)),
    groups: new Uint8Array(bytesOf(raw.groups)),
    legend: raw.legend,
    order: new Uint32Array(bytesOf(raw.order)),
    nearest: {
      ...nearest,
      ids: nearest.wide ? new Uint32Array(bytesOf(nearest.ids)) : new Uint16Array(bytesOf(nearest.ids)),
      scores: new Uint16Array(bytesOf(nearest.scores)),
    },
  };
}

/** @param {string} base64 @returns {ArrayBuffer} */
function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}

/**
 * The nearest neighbours of a row in the original space, nearest first.
 * @param {MapData} data @param {number} row @returns {{row: number, score: number}[]}
 */
export function nearestOf(data, row) {
  const { k, ids, scores, low, high } = data.nearest;
  return Array.from({ length: k }, (_, place) => ({
    row: ids[row * k + place],
    score: low + ((high - low) * scores[row * k + place]) / 65535,
  }));
}

/** @param {string} text @param {number} longest @returns {string} */
export function shortened(text, longest) {
  const line = text.slice(0, longest + 1).replace(/\s+/g, " ");
  return line.length > longest ? `${Array.from(line.slice(0, longest)).slice(0, -1).join("")}…` : line;
}
