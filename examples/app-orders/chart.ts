const width = 880
const panelHeight = 130
const gap = 40
const left = 64
const right = 20
const top = 30

/** One line over time. */
export interface Panel {
  readonly title: string
  readonly color: string
  /** In time's order; there may be gaps. */
  readonly points: readonly { readonly atMs: number; readonly value: number }[]
}

/** Panels one below the other over the same time, from 0 to `untilMs`, as an SVG picture. */
export function chart(panels: readonly Panel[], untilMs: number): string {
  const height = top + panels.length * (panelHeight + gap)
  const x = (atMs: number): number => left + (atMs / untilMs) * (width - left - right)
  const stepMs = Math.max(1, Math.ceil(untilMs / 12_000)) * 1_000
  const ticks = Array.from({ length: Math.floor(untilMs / stepMs) + 1 }, (_, index) => index * stepMs)
  const bottom = height - gap
  const grid = ticks.map(
    atMs =>
      `<line x1="${x(atMs)}" y1="${top}" x2="${x(atMs)}" y2="${bottom}" stroke="#eef2f7"/>` +
      `<text x="${x(atMs)}" y="${bottom + 18}" text-anchor="middle">${atMs / 1_000} s</text>`,
  )
  const drawn = panels.map((panel, index) => draw(panel, top + index * (panelHeight + gap), x))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#334155">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${[...grid, ...drawn].join('\n')}
</svg>
`
}

function draw({ title, color, points }: Panel, panelTop: number, x: (atMs: number) => number): string {
  const most = Math.max(1, ...points.map(({ value }) => value))
  const base = panelTop + panelHeight
  const line = points.map(
    ({ atMs, value }) => `${x(atMs).toFixed(1)},${(base - (value / most) * panelHeight).toFixed(1)}`,
  )
  return [
    `<text x="${left}" y="${panelTop - 8}" font-weight="bold">${title}</text>`,
    `<line x1="${left}" y1="${base}" x2="${width - right}" y2="${base}" stroke="#94a3b8"/>`,
    `<text x="${left - 8}" y="${panelTop + 4}" text-anchor="end">${Math.round(most)}</text>`,
    `<text x="${left - 8}" y="${base + 4}" text-anchor="end">0</text>`,
    `<polyline fill="none" stroke="${color}" stroke-width="1.8" points="${line.join(' ')}"/>`,
  ].join('\n')
}
