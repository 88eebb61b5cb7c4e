// A square of a picture: its middle, in pixels of the picture, and how much it is enlarged. At 1 it is
// as large as the picture allows.
export interface Cut { x: number; y: number; zoom: number }

interface Size { width: number; height: number }

export const side = ({ width, height }: Size, zoom: number): number => Math.min(width, height) / zoom;

export const centred = ({ width, height }: Size): Cut => ({ x: width / 2, y: height / 2, zoom: 1 });

// The nearest that does not stick out of the picture.
export function inside(size: Size, cut: Cut): Cut {
  const half = side(size, cut.zoom) / 2;
  const within = (at: number, length: number) => Math.min(Math.max(at, half), length - half);
  return { x: within(cut.x, size.width), y: within(cut.y, size.height), zoom: cut.zoom };
}
