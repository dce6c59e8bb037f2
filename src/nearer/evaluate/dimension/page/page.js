"use strict";
// Another tolerance recommends another row; another number of vectors takes other memory.
const given = JSON.parse(document.getElementById("data").textContent);
const fields = Object.fromEntries(
  ["tolerance", "relative", "vectors", "verdict", "rows"].map((id) => [id, document.getElementById(id)]),
);
const rows = [...fields.rows.querySelectorAll("tr")].slice(1);
const MEMORY = 5; // column of the first kind of code

function recommend() {
  const best = Math.max(...given.quality);
  const tolerance = Number(fields.tolerance.value);
  if (!(tolerance >= 0)) return;
  const margin = tolerance * (fields.relative.checked ? Math.abs(best) : 1);
  const chosen = given.quality.findIndex((value) => value >= best - margin - 1e-12);
  rows.forEach((row, place) => row.classList.toggle("chosen", place === chosen));
  const top = given.quality.indexOf(best);
  const allowed = fields.relative.checked ? `${Number((100 * tolerance).toPrecision(6))} %` : `${tolerance}`;
  fields.verdict.textContent =
    `recommended ${given.dims[chosen]}: ` +
    (chosen === top
      ? `the best, and no smaller one is within ${allowed}`
      : `the smallest within ${allowed} of the best, ${given.dims[top]}`);
}

function weigh() {
  const million = Number(fields.vectors.value) / 1e6;
  if (!(million > 0)) return;
  rows.forEach((row, place) =>
    given.megabytes[place].forEach((size, kind) => {
      const megabytes = size * million;
      row.cells[MEMORY + kind].textContent = megabytes.toLocaleString("en", {
        maximumFractionDigits: megabytes < 10 ? 2 : 0,
      });
    }),
  );
}

fields.tolerance.addEventListener("input", recommend);
fields.relative.addEventListener("change", recommend);
fields.vectors.addEventListener("input", weigh);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
