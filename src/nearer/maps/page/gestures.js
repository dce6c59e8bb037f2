// Pointer, wheel and keyboard on the map: drag and pinch, wheel, arrows, plus, minus and zero.

const CLICK_REACH = 5; // pixels a pointer may wander in a click
const PAN_KEYS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @typedef {object} Actions
 * @property {(dx: number, dy: number) => void} pan pixels
 * @property {(factor: number, px: number, py: number) => void} zoom
 * @property {() => void} showAll
 * @property {(px: number, py: number) => void} hover
 * @property {() => void} leave
 * @property {(px: number, py: number, reach: number) => void} click
 * @property {() => void} escape
 * @property {() => void} find
 */

/** @param {HTMLElement} map @param {Actions} actions */
export function listen(map, actions) {
  listenToPointers(map, actions);
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touchpad comes as a wheel with ctrl
    actions.zoom(Math.exp(-Math.max(-400, Math.min(400, pixels)) * speed), event.offsetX, event.offsetY);
  }, { passive: false });
  map.addEventListener("dblclick", (event) => actions.zoom(2, event.offsetX, event.offsetY));
  map.addEventListener("keydown", (event) => pressed(map, actions, event));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") actions.escape();
    if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      actions.find();
    }
  });
}

function pressed(map, actions, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const [x, y] = [map.clientWidth / 2, map.clientHeight / 2];
  const step = event.shiftKey ? 240 : 80;
  if (event.key in PAN_KEYS) actions.pan(PAN_KEYS[event.key][0] * step, PAN_KEYS[event.key][1] * step);
  else if (event.key === "+" || event.key === "=") actions.zoom(1.5, x, y);
  else if (event.key === "-" || event.key === "_") actions.zoom(1 / 1.5, x, y);
  else if (event.key === "0" || event.key === "Home") actions.showAll();
  else if (event.key === "Enter") actions.click(x, y, Infinity);
  else return;
  event.preventDefault();
}

function listenToPointers(map, actions) {
  const down = new Map(); // pointers that touch, by id
  let travelled = 0;
  map.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    map.setPointerCapture(event.pointerId);
    if (down.size === 0) travelled = 0;
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  });
  map.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    const now = { x: event.offsetX, y: event.offsetY };
    if (!before) {
      if (event.pointerType !== "touch") actions.hover(now.x, now.y);
      return;
    }
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (travelled > CLICK_REACH) drag(map, actions, down, event.pointerId, before, now);
    down.set(event.pointerId, now);
  });
  const release = (event) => {
    if (!down.delete(event.pointerId)) return;
    map.classList.remove("dragging");
    const clicked = event.type === "pointerup" && down.size === 0 && travelled <= CLICK_REACH;
    if (clicked) actions.click(event.offsetX, event.offsetY, event.pointerType === "touch" ? 24 : 12);
  };
  map.addEventListener("pointerup", release);
  map.addEventListener("pointercancel", release);
  map.addEventListener("pointerleave", () => actions.leave());
}

/** One pointer moves the map; of two, each moves it by half and their distance zooms. */
function drag(map, actions, down, id, before, now) {
  map.classList.add("dragging");
  const other = [...down].find(([key]) => key !== id)?.[1];
  actions.pan((now.x - before.x) / down.size, (now.y - before.y) / down.size);
  if (!other) return;
  const apart = (point) => Math.max(8, Math.hypot(point.x - other.x, point.y - other.y));
  actions.zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
}
