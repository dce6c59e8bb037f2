// The page: one state, changed by gestures, search and panels, drawn when it has changed.

import { Camera, between } from "./camera.js";
import { readData, shortened } from "./data.js";
import { listen } from "./gestures.js";
import { PointGrid } from "./grid.js";
import { LabelLayer } from "./labels.js";
import { announce, fillLegend, markLegend, showSelection, showTip } from "./panel.js";
import { RasterPoints } from "./raster.js";
import { drawAbove, radiusOf } from "./scene.js";
import { KeySearch } from "./search.js";
import { WebglPoints } from "./webgl.js";

const LABEL_BUDGET = 5; // milliseconds a frame for placing labels
const AHEAD = 40; // zoom, relative to now, up to which labels are placed in idle time
const FLIGHT = 450; // milliseconds

const map = document.getElementById("map");
const query = document.getElementById("query");
let pointsCanvas = document.getElementById("points");
const labelCanvas = document.getElementById("labels");
const context = labelCanvas.getContext("2d");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

const data = readData();
const camera = new Camera(data.positions);
const grid = new PointGrid(data.positions);
const layer = new LabelLayer(data);
const search = new KeySearch(data.keys);
let points = null;
const hidden = new Set();
const state = { hovered: -1, selected: -1, pointed: -1, current: -1, matches: [] };
const view = { data, camera, layer, state, paint: (row) => paints[data.groups[row]].css };
let paints = [];
let flight = null;
let waiting = false;
let preparing = false;
let pointer = null;

const accepts = (row) => !hidden.has(data.groups[row]);

function requestFrame() {
  if (waiting) return;
  waiting = true;
  map.ariaBusy = "true";
  requestAnimationFrame(frame);
}

function frame(now) {
  waiting = false;
  if (flight) fly(now);
  if (pointer) hover();
  view.radius = radiusOf(data.n, camera.zoom);
  const labelled = layer.advance(camera.zoom, LABEL_BUDGET);
  points.draw(camera, view.radius, view.ratio);
  drawAbove(context, view);
  map.dataset.zoom = camera.zoom.toFixed(3);
  if (flight || !labelled) requestFrame();
  else {
    map.ariaBusy = "false";
    prepare();
  }
}

/** Place the labels of closer zooms while nothing else is to do. */
function prepare() {
  if (preparing || !window.requestIdleCallback) return;
  preparing = true;
  requestIdleCallback((idle) => {
    preparing = false;
    if (!layer.advance(camera.zoom * AHEAD, idle.timeRemaining() - 2)) prepare();
  });
}

function fly(now) {
  flight.start ??= now;
  const part = stillness.matches ? 1 : Math.min(1, (now - flight.start) / FLIGHT);
  camera.moveTo(part < 1 ? between(flight.from, flight.to, part) : flight.to);
  if (part === 1) flight = null;
}

function flyTo(place) {
  flight = { from: { x: camera.x, y: camera.y, scale: camera.scale }, to: place };
  requestFrame();
}

/** Fly to a row, close enough to tell it from its surroundings. */
function visit(row) {
  const near = Math.min(40, Math.max(1, Math.sqrt(data.n / 150)));
  const scale = Math.max(camera.scale, camera.fitScale * near);
  const lift = camera.width <= 640 ? 0.2 * camera.height : 0; // there the card covers the lower part
  flyTo({ x: data.positions[2 * row], y: data.positions[2 * row + 1] + lift / scale, scale });
}

function select(row) {
  state.selected = row;
  showSelection(data, row, (neighbour) => { select(neighbour); visit(neighbour); }, (neighbour) => {
    state.pointed = neighbour;
    requestFrame();
  });
  state.pointed = -1;
  if (row >= 0) announce(`Selected ${shortened(data.keys[row], 80)}`);
  repaint();
}

function rowAt(px, py, reach) {
  const at = camera.toWorld(px, py);
  return grid.nearest(at.x, at.y, Math.min(reach / camera.scale, 4), accepts);
}

/** Look once a frame what lies under the pointer. */
function hover() {
  state.hovered = rowAt(pointer.x, pointer.y, view.radius + 8);
  map.classList.toggle("pointing", state.hovered >= 0);
  showTip(data, state.hovered, darkness.matches, pointer.x, pointer.y, camera.width, camera.height);
}

function find() {
  state.matches = search.find(query.value).filter(accepts);
  state.current = state.matches[0] ?? -1;
  follow();
}

/** Enter goes to the next match, Shift+Enter to the one before, then round again. */
function cycle(step) {
  if (state.matches.length === 0) return;
  const at = state.matches.indexOf(state.current) + step;
  state.current = state.matches[(at + state.matches.length) % state.matches.length];
  follow();
}

function follow() {
  const { matches, current } = state;
  const count = matches.length === 0 ? "no match" : `${matches.indexOf(current) + 1} of ${matches.length}`;
  document.getElementById("matches").textContent = query.value.trim() === "" ? "" : count;
  if (current >= 0) visit(current);
  select(current);
}

function toggle(group, alone) {
  if (alone) data.legend.forEach((_, other) => (other === group ? hidden.delete(other) : hidden.add(other)));
  else if (!hidden.delete(group)) hidden.add(group);
  if (hidden.size === data.legend.length) hidden.clear();
  markLegend((other) => !hidden.has(other));
  layer.restart(accepts, camera.fitScale);
  repaint();
}

/** Colours after a change of theme, of hidden groups, or of what stands out. */
function repaint() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(name).trim();
  view.colours = { ground: named("--ground"), ink: named("--ink"), quiet: named("--quiet"), accent: named("--accent") };
  const faint = state.matches.length > 0 || state.selected >= 0;
  const groups = data.legend.length > 0 ? data.legend : [{ light: "#0072b2", dark: "#4ba3e3" }];
  paints = groups.map((group, index) => {
    const css = darkness.matches ? group.dark : group.light;
    const rgb = [1, 3, 5].map((at) => parseInt(css.slice(at, at + 2), 16));
    const full = data.n > 5000 ? 0.75 : 0.95;
    return { css, rgb, alpha: hidden.has(index) ? 0 : faint ? 0.28 : full };
  });
  points.setPalette(paints);
  requestFrame();
}

/** WebGL2 where a graphics card draws it; the address may ask: "#renderer=webgl2" or "#renderer=canvas2d". */
function choosePoints() {
  const asked = location.hash.split("=")[1];
  const webgl = asked === "canvas2d" ? null : WebglPoints.create(pointsCanvas, data, asked === "webgl2");
  points = webgl ?? new RasterPoints(pointsCanvas, data);
  map.dataset.renderer = points.name;
  pointsCanvas.addEventListener("webglcontextlost", withoutWebgl);
}

/** The graphics driver went away: draw on a fresh canvas, since one that was WebGL's stays so. */
function withoutWebgl() {
  const fresh = pointsCanvas.cloneNode();
  pointsCanvas.replaceWith(fresh);
  pointsCanvas = fresh;
  points = new RasterPoints(fresh, data);
  map.dataset.renderer = points.name;
  resize();
  repaint();
}

function resize() {
  const ratio = Math.min(devicePixelRatio || 1, points.name === "webgl2" ? 3 : 1.5);
  const first = camera.width === 1;
  camera.resize(map.clientWidth, map.clientHeight);
  if (first) camera.moveTo(camera.everything());
  for (const canvas of [pointsCanvas, labelCanvas]) {
    canvas.width = Math.round(camera.width * ratio);
    canvas.height = Math.round(camera.height * ratio);
  }
  view.ratio = ratio;
  layer.restart(accepts, camera.fitScale);
  requestFrame();
}

function zoomBy(factor, px = camera.width / 2, py = camera.height / 2) {
  flight = null;
  camera.zoomAt(factor, px, py);
  requestFrame();
}

listen(map, {
  pan(dx, dy) { flight = null; camera.panBy(dx, dy); requestFrame(); },
  zoom: zoomBy,
  showAll: () => flyTo(camera.everything()),
  hover(x, y) { pointer = { x, y }; requestFrame(); },
  leave() { pointer = null; state.hovered = -1; showTip(data, -1); requestFrame(); },
  click: (x, y, reach) => select(rowAt(x, y, reach)),
  escape() { query.value = ""; find(); },
  find: () => query.select(),
});
query.addEventListener("input", find);
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter") cycle(event.shiftKey ? -1 : 1);
});
document.getElementById("close").addEventListener("click", () => select(-1));
document.getElementById("zoom-in").addEventListener("click", () => zoomBy(1.6));
document.getElementById("zoom-out").addEventListener("click", () => zoomBy(1 / 1.6));
document.getElementById("zoom-all").addEventListener("click", () => flyTo(camera.everything()));

function showTheme() {
  fillLegend(data, darkness.matches, (group) => !hidden.has(group), toggle);
  repaint();
}
darkness.addEventListener("change", showTheme);
choosePoints();
new ResizeObserver(resize).observe(map);
document.getElementById("legend").open = innerWidth > 640;
resize();
showTheme();
