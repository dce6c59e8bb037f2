// One frame: points below, then links, rings and labels on the canvas above.

import { drawLabels } from "./labels.js";
import { nearestOf } from "./data.js";

/** Radius of a mark in pixels: smaller the more points there are, growing slowly as one zooms in. */
export function radiusOf(n, zoom) {
  const alone = Math.min(5, Math.max(1.1, 14 / n ** 0.22));
  return Math.min(8, alone * Math.max(1, zoom) ** 0.3);
}

/**
 * Draw what lies above the points.
 * @param {CanvasRenderingContext2D} context @param {object} view what main.js knows about the state of the page
 */
export function drawAbove(context, view) {
  const { data, camera, layer, state, colours, radius, ratio } = view;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, camera.width, camera.height);
  const ring = (row, extra, colour, filled) => drawMark(context, view, row, radius + extra, colour, filled);
  const named = new Set();
  if (state.selected >= 0) {
    const around = nearestOf(data, state.selected).map((neighbour) => neighbour.row);
    drawLinks(context, view, around);
    for (const row of around) {
      ring(row, 2, colours.ink, true);
      named.add(row);
    }
  }
  for (const row of state.matches) ring(row, 1.5, colours.ink, true);
  if (state.matches.length > 0) for (const row of state.matches.slice(0, 40)) named.add(row);
  for (const row of [state.selected, state.pointed, state.hovered, state.current]) {
    if (row < 0) continue;
    ring(row, row === state.hovered ? 3 : 5, colours.accent, true);
    if (row !== state.hovered) named.add(row);
  }
  const foreground = apart(layer, [...named].reverse(), camera, data.positions);
  const quiet = state.matches.length > 0 || state.selected >= 0;
  const general = layer.visible(camera).filter((row) => !named.has(row));
  const free = without(layer, general, foreground, camera, data.positions);
  context.globalAlpha = quiet ? 0.35 : 1;
  drawLabels(context, layer, free, camera, radius + 4, colours);
  context.globalAlpha = 1;
  drawLabels(context, layer, foreground, camera, radius + 7, colours);
}

function drawMark(context, { data, camera, radius, colours, paint }, row, outer, colour, filled) {
  const x = camera.screenX(data.positions[2 * row]);
  const y = camera.screenY(data.positions[2 * row + 1]);
  context.beginPath();
  context.arc(x, y, outer, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.stroke();
  if (!filled) return;
  context.beginPath();
  context.arc(x, y, Math.max(2, radius), 0, 2 * Math.PI);
  context.fillStyle = paint(row);
  context.fill();
}

function drawLinks(context, { data, camera, state, colours }, rows) {
  const { positions } = data;
  context.beginPath();
  for (const row of rows) {
    context.moveTo(camera.screenX(positions[2 * state.selected]), camera.screenY(positions[2 * state.selected + 1]));
    context.lineTo(camera.screenX(positions[2 * row]), camera.screenY(positions[2 * row + 1]));
  }
  context.lineWidth = 1;
  context.strokeStyle = colours.quiet;
  context.stroke();
}

/** Boxes of labels on screen: left, right, top, bottom. */
function boxOnScreen(layer, row, camera, positions) {
  const x = camera.screenX(positions[2 * row]);
  const y = camera.screenY(positions[2 * row + 1]);
  return [x, x + layer.widthOf(row) + 12, y - 8, y + 8];
}

const overlap = (one, other) => one[0] < other[1] && other[0] < one[1] && one[2] < other[3] && other[2] < one[3];

/** Those of `rows` whose labels do not overlap, in order. */
function apart(layer, rows, camera, positions) {
  const boxes = [];
  return rows.filter((row) => {
    const box = boxOnScreen(layer, row, camera, positions);
    if (boxes.some((other) => overlap(box, other))) return false;
    boxes.push(box);
    return true;
  });
}

/** Those of `rows` whose labels do not touch the labels of `foreground`. */
function without(layer, rows, foreground, camera, positions) {
  const boxes = foreground.map((row) => boxOnScreen(layer, row, camera, positions));
  return boxes.length === 0 ? rows : rows.filter((row) => {
    const box = boxOnScreen(layer, row, camera, positions);
    return !boxes.some((other) => overlap(box, other));
  });
}
