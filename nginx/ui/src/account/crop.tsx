// Cuts a square out of a picture: dragged with a pointer, moved with the arrow keys, or by pointing at
// what shall be in the middle; enlarged with a slider or the wheel.
import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../base/texts";
import { Dialog } from "../parts/dialog";
import { Form } from "../parts/form";
import { centred, inside, side, type Cut } from "./cut";

const shownSize = 640;    // pixels of the canvas; the style makes it smaller
const largestSize = 1024;  // of what is sent: the server makes 512 of it
const maxZoom = 4;

function draw(canvas: HTMLCanvasElement, image: ImageBitmap, cut: Cut): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const from = side(image, cut.zoom);
  // What is transparent would turn black in a JPEG.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, cut.x - from / 2, cut.y - from / 2, from, from, 0, 0, canvas.width, canvas.height);
}

async function jpegOf(image: ImageBitmap, cut: Cut): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.max(1, Math.min(largestSize, Math.round(side(image, cut.zoom))));
  draw(canvas, image, cut);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => blob ? done(blob) : failed(new Error("no picture")), "image/jpeg", 0.9);
  });
}

export function Crop({ image, close, save }:
    { image: ImageBitmap; close(): void; save(picture: Blob): Promise<void> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cut, setCut] = useState<Cut>(centred(image));
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, image, cut);
  }, [image, cut]);
  useEffect(() => () => image.close(), [image]);

  // Source pixels of one pixel on the screen.
  const scale = (zoom: number) => side(image, zoom) / (canvas.current?.clientWidth || shownSize);
  const move = (dx: number, dy: number) => setCut((now) =>
    inside(image, { ...now, x: now.x + dx * scale(now.zoom), y: now.y + dy * scale(now.zoom) }));
  const zoomTo = (zoom: number) => setCut((now) =>
    inside(image, { ...now, zoom: Math.min(maxZoom, Math.max(1, zoom)) }));

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 40 : 10;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => move(-step, 0), ArrowRight: () => move(step, 0),
      ArrowUp: () => move(0, -step), ArrowDown: () => move(0, step),
      "+": () => zoomTo(cut.zoom + 0.2), "-": () => zoomTo(cut.zoom - 0.2),
    };
    const found = moves[event.key];
    if (!found) return;
    event.preventDefault();
    found();
  };
  const onPointerDown = (event: PointerEvent) => {
    canvas.current?.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onPointerMove = (event: PointerEvent) => {
    const last = drag.current;
    if (!last) return;
    const [dx, dy] = [last.x - event.clientX, last.y - event.clientY];
    if (!last.moved && Math.hypot(dx, dy) < 4) return;
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    move(dx, dy);
  };
  const onPointerUp = (event: PointerEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    if (box && drag.current && !drag.current.moved) {
      move(event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
    }
    drag.current = null;
  };

  return (
    <Dialog title={t("account.crop.title")} close={close}>
      <Form submit={async () => save(await jpegOf(image, cut))} label={t("account.crop.do")}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <div class="crop">
          <canvas ref={canvas} width={shownSize} height={shownSize} tabIndex={0} role="application"
            aria-label={t("account.crop.label")} aria-describedby="crop-help" onKeyDown={onKeyDown}
            onPointerDown={onPointerDown} onPointerMove={onPointerMove} onPointerUp={onPointerUp}
            onPointerCancel={() => { drag.current = null; }}
            onWheel={(event) => {
              event.preventDefault();
              zoomTo(cut.zoom - event.deltaY / 500);
            }} />
        </div>
        <p class="help" id="crop-help">{t("account.crop.help")}</p>
        <div class="field">
          <label for="crop-zoom">{t("account.crop.zoom")}</label>
          <input id="crop-zoom" type="range" min={1} max={maxZoom} step={0.05} value={cut.zoom}
            onInput={(event) => zoomTo(Number(event.currentTarget.value))} />
        </div>
      </Form>
    </Dialog>);
}
