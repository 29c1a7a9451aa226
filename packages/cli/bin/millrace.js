#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(`millrace needs Node.js 24.15 or newer, this is ${process.versions.node}.`)
  console.error(
    'Inside a clone, "npm ci" brings one and "npx millrace" uses it; elsewhere install it from nodejs.org.',
  )
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('../src/main.ts')
process.exitCode = await main(process.argv.slice(2))
