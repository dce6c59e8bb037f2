// Find as you type: keys that begin with what is typed, then keys that hold it, each in row order.

const MOST_MATCHES = 500;

export class KeySearch {
  /** @param {string[]} keys */
  constructor(keys) {
    this.folded = keys.map(folded);
  }

  /** @param {string} query @returns {number[]} rows, best first, at most 500 */
  find(query) {
    const wanted = folded(query.trim());
    if (wanted === "") return [];
    const exact = [];
    const first = [];
    const within = [];
    for (let row = 0; row < this.folded.length; row += 1) {
      const at = this.folded[row].indexOf(wanted);
      if (at < 0) continue;
      if (at > 0) within.push(row);
      else if (this.folded[row].length > wanted.length) first.push(row);
      else exact.push(row);
    }
    return [...exact, ...first, ...within].slice(0, MOST_MATCHES);
  }
}

/** Lower case without accents: "cafe" finds "Café". */
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
