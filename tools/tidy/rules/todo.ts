import { reporter, type Rule, type SourceFile } from '../core/index.ts'

const name = 'todo'
const report = reporter(name)

const mark = /\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/

/** A note for later names the issue that will resolve it. */
export function todoRule(): Rule {
  return {
    name,
    demand: 'A TODO names its issue: TODO(#123).',
    check: tree => tree.files.filter(file => file.isCode).flatMap(checkFile),
  }
}

function checkFile(file: SourceFile) {
  const findings = []
  for (const comment of file.syntax.comments) {
    for (const [index, line] of comment.value.split('\n').entries()) {
      const seen = mark.exec(line)?.[0]
      if (seen === undefined) continue
      const at = file.syntax.lineAt(comment.start) + index
      const advice = 'do it now, or write TODO(#issue)'
      findings.push(report({ path: file.path, line: at, problem: `${seen} without an issue`, advice }))
    }
  }
  return findings
}
