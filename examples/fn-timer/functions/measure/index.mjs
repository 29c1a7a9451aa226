import { loadavg } from 'node:os'

/** Measures how busy the machine is. The event of a timer has the time that was due and the payload of the trigger. */
export async function handler(event) {
  const { triggerTime, triggerName, payload } = JSON.parse(event.toString())
  const [value] = loadavg()
  return { at: triggerTime, by: triggerName, [payload]: value }
}
