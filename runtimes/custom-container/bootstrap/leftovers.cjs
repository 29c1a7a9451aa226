'use strict'
const fs = require('node:fs')

/** Labels of every container that is made here: whose it is. */
const labels = { owner: 'io.millrace.owner', boot: 'io.millrace.boot', place: 'io.millrace.place' }

/** Who this process is: its number alone may be given to another process later, or be one of another namespace. */
function ownLabels() {
  return {
    [labels.owner]: `${process.pid}:${startOf(process.pid)}`,
    [labels.boot]: bootId(),
    [labels.place]: place(),
  }
}

/** Removes the containers whose adapters have ended without doing so: they were killed. Rejects with nothing. */
async function removeLeftovers(engine) {
  try {
    const filters = encodeURIComponent(JSON.stringify({ label: [labels.owner] }))
    const found = await engine.call('GET', `/containers/json?all=1&filters=${filters}`)
    const left = found.filter(({ Labels }) => isLeft(Labels))
    await Promise.all(
      left.map(({ Id }) => engine.call('DELETE', `/containers/${Id}?force=1`).catch(() => {})),
    )
  } catch {
    // The start that follows tells what is wrong with the engine.
  }
}

function isLeft(own) {
  if (own[labels.boot] !== bootId()) return true
  if (own[labels.place] !== place()) return false
  const [processId, start] = own[labels.owner].split(':')
  return startOf(processId) !== start
}

/** When the process started, in ticks since the boot; empty when there is none. */
function startOf(processId) {
  try {
    const stat = fs.readFileSync(`/proc/${processId}/stat`, 'latin1')
    // The name of the program stands in parentheses and may hold anything; the field is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function bootId() {
  return readOr('', () => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
}

function place() {
  return readOr('', () => fs.readlinkSync('/proc/self/ns/pid'))
}

function readOr(fallback, read) {
  try {
    return read()
  } catch {
    return fallback
  }
}

module.exports = { ownLabels, removeLeftovers }
