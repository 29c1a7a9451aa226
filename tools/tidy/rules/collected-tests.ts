import { matchesGlob } from 'node:path'
import { reporter, type Rule } from '../core/index.ts'

const name = 'collected-tests'
const report = reporter(name)

/** The patterns of one vitest project. */
export interface TestProject {
  readonly name: string
  readonly include: readonly string[]
  readonly exclude?: readonly string[] | undefined
}

/** A test file that no project collects never runs; one that two collect runs twice. */
export function collectedTestsRule(projects: readonly TestProject[]): Rule {
  return {
    name,
    demand: 'Every *.test.ts is collected by exactly one vitest project.',
    check: tree => {
      const findings = []
      for (const file of tree.files) {
        if (!/\.(?:test|spec)\.[cm]?[jt]sx?$/.test(file.path)) continue
        const homes = projects.filter(project => collects(project, file.path))
        if (homes.length === 1) continue
        const problem =
          homes.length === 0
            ? 'no vitest project collects this test file'
            : `collected by ${homes.map(home => home.name).join(' and ')}`
        const advice = 'unit tests stand in src/, tests with processes in test/; see vitest.config.ts'
        findings.push(report({ path: file.path, problem, advice }))
      }
      return findings
    },
  }
}

function collects({ include, exclude = [] }: TestProject, path: string): boolean {
  const fits = (glob: string): boolean => matchesGlob(path, glob)
  return include.some(fits) && !exclude.some(fits)
}
