// Points by WebGL2: one draw call, marks cut out by the fragment shader.

const MOST_GROUPS = 16; // length of the palette in the shader

const VERTEX = `#version 300 es
layout(location = 0) in vec2 position;
layout(location = 1) in uint group;
uniform vec2 centre;
uniform vec2 scale; // clip units for one unit of the plane
uniform float size; // device pixels
uniform vec4 palette[${MOST_GROUPS}]; // alpha 0: hidden
uniform int marks[${MOST_GROUPS}];
flat out vec4 colour;
flat out int mark;
void main() {
  colour = palette[group];
  mark = marks[group];
  vec2 at = (position - centre) * scale;
  gl_Position = colour.a > 0.0 ? vec4(at.x, -at.y, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform float size;
flat in vec4 colour;
flat in int mark;
out vec4 result;
void main() {
  vec2 at = gl_PointCoord * 2.0 - 1.0;
  float inside = 1.0 - length(at);
  if (mark == 1) inside = (1.0 - abs(at.x) - abs(at.y)) * 0.71;
  if (mark == 2) inside = min((0.75 - at.y), (0.75 + at.y - 1.8 * abs(at.x) + 0.3) * 0.48);
  if (mark == 3) inside = 0.82 - max(abs(at.x), abs(at.y));
  float alpha = clamp(inside * size * 0.5, 0.0, 1.0) * colour.a;
  if (alpha == 0.0) discard;
  result = vec4(colour.rgb * alpha, alpha);
}`;

export class WebglPoints {
  /**
   * Null where the browser has no WebGL2, or only one in software: that is slower than `RasterPoints`.
   * @param {HTMLCanvasElement} canvas @param {import("./data.js").MapData} data
   * @param {boolean} evenSlow take a WebGL2 in software, too
   */
  static create(canvas, data, evenSlow) {
    if (!evenSlow && isSoftware()) return null;
    const gl = canvas.getContext("webgl2", { antialias: false });
    return gl ? new WebglPoints(gl, data) : null;
  }

  constructor(gl, data) {
    this.name = "webgl2";
    this.gl = gl;
    this.n = data.n;
    const program = linked(gl);
    gl.useProgram(program);
    this.at = (name) => gl.getUniformLocation(program, name);
    attribute(gl, 0, data.positions, () => gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0));
    attribute(gl, 1, data.groups, () => gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_BYTE, 0, 0));
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const marks = new Int32Array(MOST_GROUPS);
    data.legend.forEach((group, index) => { marks[index] = group.mark; });
    gl.uniform1iv(this.at("marks"), marks);
  }

  /** @param {{rgb: number[], alpha: number}[]} palette by group; alpha 0 hides */
  setPalette(palette) {
    const values = new Float32Array(MOST_GROUPS * 4);
    palette.forEach(({ rgb, alpha }, group) => values.set([...rgb.map((part) => part / 255), alpha], group * 4));
    this.gl.uniform4fv(this.at("palette"), values);
  }

  /** @param {import("./camera.js").Camera} camera @param {number} radius @param {number} ratio */
  draw(camera, radius, ratio) {
    const { gl } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(this.at("centre"), camera.x, camera.y);
    gl.uniform2f(this.at("scale"), (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height);
    gl.uniform1f(this.at("size"), 2 * radius * ratio + 1);
    gl.drawArrays(gl.POINTS, 0, this.n);
  }
}

/** Whether a processor plays the graphics card; asked of a canvas of its own, which is let go. */
function isSoftware() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return true;
  const card = gl.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER;
  const name = gl.getParameter(card);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

function attribute(gl, place, values, describe) {
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(place);
  describe();
}
