import type { Sample } from './step-load.ts'

const width = 880
const panelHeight = 130
const left = 70
const gap = 34

interface Panel {
  readonly title: string
  readonly color: string
  readonly of: (sample: Sample) => number | undefined
}

const panels: readonly Panel[] = [
  { title: 'calls under way', color: '#2563eb', of: sample => sample.calls },
  { title: 'instances', color: '#16a34a', of: sample => sample.instances },
  { title: 'longest call, ms', color: '#dc2626', of: sample => sample.latencyMsMax },
]

/** Load, instances and latency over time, one below the other, as an SVG picture. */
export function stepChart(samples: readonly Sample[]): string {
  const fromMs = samples[0]?.atMs ?? 0
  const spanMs = Math.max(1, (samples.at(-1)?.atMs ?? 1) - fromMs)
  const x = (sample: Sample): number => left + ((sample.atMs - fromMs) / spanMs) * (width - left - 20)
  const height = panels.length * (panelHeight + gap) + 30
  const parts = panels.map((panel, index) => drawPanel(panel, index, samples, x))
  const seconds = Math.floor(spanMs / 1_000)
  const step = Math.max(1, Math.ceil(seconds / 12))
  for (let second = Math.ceil(fromMs / 1_000); second <= (fromMs + spanMs) / 1_000; second += step) {
    const at = left + ((second * 1_000 - fromMs) / spanMs) * (width - left - 20)
    parts.push(`<text x="${at.toFixed(1)}" y="${height - 10}" text-anchor="middle">${second} s</text>`)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#334155">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`
}

function drawPanel(
  { title, color, of }: Panel,
  index: number,
  samples: readonly Sample[],
  x: (sample: Sample) => number,
): string {
  const top = 26 + index * (panelHeight + gap)
  const seen = samples.flatMap(sample => of(sample) ?? [])
  const max = Math.max(1, ...seen)
  const y = (value: number): number => top + panelHeight - (value / max) * panelHeight
  const points = samples.flatMap(sample => {
    const value = of(sample)
    return value === undefined ? [] : [`${x(sample).toFixed(1)},${y(value).toFixed(1)}`]
  })
  const base = top + panelHeight
  return [
    `<text x="${left}" y="${top - 8}" font-weight="bold">${title}</text>`,
    `<line x1="${left}" y1="${base}" x2="${width - 20}" y2="${base}" stroke="#cbd5e1"/>`,
    `<text x="${left - 8}" y="${top + 5}" text-anchor="end">${Math.round(max)}</text>`,
    `<text x="${left - 8}" y="${base + 4}" text-anchor="end">0</text>`,
    `<polyline fill="none" stroke="${color}" stroke-width="1.8" points="${points.join(' ')}"/>`,
  ].join('\n')
}
