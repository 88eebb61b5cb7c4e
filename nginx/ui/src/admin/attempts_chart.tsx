// Sign-ins and failures over time, as stacked bars: plain below, hatched above, so that they can be told
// apart without colours. Whoever does not see it has the summary, and a table.
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { get } from "../base/api";
import { locale, plural, t } from "../base/texts";
import { Await, useLoad } from "../parts/load";
import { Section } from "../parts/shell";
import type { Admin } from "./context";

interface Bucket { start: string; succeeded: number; failed: number }
interface Summary { from: string; to: string; interval: number; items: Bucket[] }

const hour = 3_600_000;
const day = 24 * hour;
const periods = [
  { name: "24h", unit: hour, count: 24 },
  { name: "7d", unit: day, count: 7 },
  { name: "30d", unit: day, count: 30 },
] as const;

type Period = (typeof periods)[number];

// The server counts in hours up to three days, else in days; both of UTC.
const rangeOf = ({ unit, count }: Period, now: number) => ({
  from: new Date(Math.floor(now / unit) * unit - (count - 1) * unit).toISOString(), to: new Date(now).toISOString() });

export function AttemptsChart({ context, turn }: { context: Admin; turn: number }) {
  const [period, setPeriod] = useState<Period>(periods[0]);
  const loaded = useLoad<Summary>(`${period.name} ${turn}`, () =>
    get("/auth/login-attempts/summary", context.query(rangeOf(period, Date.now()))));
  return (
    <Section title={t("attempts.chart")} action={
      <div class="segments" role="group" aria-label={t("attempts.period")}>
        {periods.map((one) => (
          <button key={one.name} type="button" aria-pressed={one === period} onClick={() => setPeriod(one)}>
            {t(`attempts.period.${one.name}`)}
          </button>))}
      </div>}>
      <Await from={loaded}>{(summary) => <Figure summary={summary} />}</Await>
    </Section>);
}

const height = 200;
const edge = { top: 8, bottom: 24, left: 40 };

// A round number that the highest bar does not pass, with steps that are whole.
function ceiling(most: number): number {
  if (most <= 4) return 4;
  const size = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 6, 8, 10].map((n) => n * size).find((n) => n >= most && n % 2 === 0) ?? 10 * size;
}

function labelOf(start: string, interval: number, long = false): string {
  const options: Intl.DateTimeFormatOptions = interval < 86_400
    ? { hour: "2-digit", minute: "2-digit", ...(long && { day: "numeric", month: "short" }) }
    : { day: "numeric", month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale, options).format(new Date(start));
}

function summaryOf({ items, interval }: Summary): string {
  const sum = (key: "succeeded" | "failed") => items.reduce((total, item) => total + item[key], 0);
  const failed = sum("failed");
  const worst = items.reduce((a, b) => b.failed > a.failed ? b : a, { start: "", succeeded: 0, failed: 0 });
  const text = t("attempts.summary", { succeeded: plural("attempts.n_succeeded", sum("succeeded")),
    failed: plural("attempts.n_failed", failed) });
  return failed === 0 ? text
    : `${text} ${t("attempts.worst", {
        when: labelOf(worst.start, interval, true),
        n: worst.failed.toLocaleString(locale) })}`;
}

function Figure({ summary }: { summary: Summary }) {
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const id = useId();
  useEffect(() => {
    const watched = figure.current;
    if (!watched) return;
    const observer = new ResizeObserver(() => setWidth(watched.clientWidth));
    observer.observe(watched);
    return () => observer.disconnect();
  }, []);
  return (
    <figure ref={figure} class="chart">
      <figcaption id={id}>
        <p>{summaryOf(summary)}</p>
        <p class="chart-legend" aria-hidden="true">
          <span class="key plain" />{t("attempts.succeeded")}<span class="key hatched" />{t("attempts.failed")}
        </p>
      </figcaption>
      {summary.interval >= 86_400 && <p class="help">{t("attempts.utc_days")}</p>}
      <div class="chart-place">{width > 0 && <Bars summary={summary} width={width} caption={id} />}</div>
      <details>
        <summary>{t("attempts.as_table")}</summary>
        <Numbers summary={summary} />
      </details>
    </figure>);
}

function Bars({ summary: { items, interval }, width, caption }: { summary: Summary; width: number; caption: string }) {
  const pattern = useId();
  const top = ceiling(Math.max(...items.map(({ succeeded, failed }) => succeeded + failed), 0));
  const inner = height - edge.top - edge.bottom;
  const y = (n: number): number => edge.top + inner * (1 - n / top);
  const step = (width - edge.left) / items.length;
  const bar = Math.max(2, Math.min(40, step * 0.7));
  // As many labels as there is room for.
  const every = Math.ceil(76 / step);
  return (
    <svg role="img" aria-labelledby={caption} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      <defs>
        <pattern id={pattern} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-ground" width="6" height="6" /><rect class="hatch-line" width="3" height="6" />
        </pattern>
      </defs>
      {[0, top / 2, top].map((n) => (
        <g key={n}>
          <line class="grid" x1={edge.left} x2={width} y1={y(n)} y2={y(n)} />
          <text class="tick" x={edge.left - 8} y={y(n) + 4} text-anchor="end">{n.toLocaleString(locale)}</text>
        </g>))}
      {items.map(({ start, succeeded, failed }, i) => {
        const x = edge.left + i * step;
        const left = x + (step - bar) / 2;
        return (
          <g key={start} class="bucket">
            <title>{`${labelOf(start, interval, true)}: ${t("attempts.summary", {
              succeeded: plural("attempts.n_succeeded", succeeded),
              failed: plural("attempts.n_failed", failed) })}`}</title>
            <rect class="hit" x={x} y={edge.top} width={step} height={inner} />
            {succeeded > 0 &&
              <rect class="succeeded" x={left} y={y(succeeded)} width={bar} height={y(0) - y(succeeded)} />}
            {failed > 0 && <rect class="failed" x={left} y={y(succeeded + failed)} width={bar}
              height={y(succeeded) - y(succeeded + failed)} fill={`url(#${pattern})`} />}
            {i % every === 0 && i * step + 56 <= width &&
              <text class="tick" x={x + step / 2} y={height - 6} text-anchor="middle">{labelOf(start, interval)}</text>}
          </g>);
      })}
    </svg>);
}

function Numbers({ summary: { items, interval } }: { summary: Summary }) {
  const n = (value: number) => value.toLocaleString(locale);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("attempts.as_table")}>
      <table class="numbers">
        <caption class="hidden">{t("attempts.chart")}</caption>
        <thead>
          <tr>
            <th scope="col">{t(interval < 86_400 ? "attempts.hour" : "attempts.day")}</th>
            <th scope="col">{t("attempts.succeeded")}</th><th scope="col">{t("attempts.failed")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ start, succeeded, failed }) => (
            <tr key={start}>
              <th scope="row">{labelOf(start, interval, true)}</th><td>{n(succeeded)}</td><td>{n(failed)}</td>
            </tr>))}
        </tbody>
      </table>
    </div>);
}
