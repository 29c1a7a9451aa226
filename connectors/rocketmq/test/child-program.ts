import { serveParent } from '../src/child/index.ts'

/** A child for tests, which misbehaves on request. */
interface Start {
  readonly refuses?: boolean
  readonly hangs?: boolean
}

const say = serveParent({
  methods: {
    start: payload => {
      const { refuses = false, hangs = false } = payload as Start
      if (hangs) return new Promise(() => undefined)
      return refuses ? Promise.reject(new Error('not today')) : Promise.resolve()
    },
    echo: payload => Promise.resolve(payload),
    environment: () => Promise.resolve(Object.keys(process.env)),
    wait: (_payload, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          say('given up')
          reject(new Error('given up'))
        })
      }),
    // As a library does that throws in a listener: nobody can catch it.
    throw: () => new Promise(() => setImmediate(() => throwUp())),
    deaf: () => {
      for (;;);
    },
  },
  stop: () => Promise.resolve(),
  toFault: thrown => ({ name: 'Error', message: thrown instanceof Error ? thrown.message : String(thrown) }),
})

function throwUp(): never {
  throw new TypeError('nobody catches this')
}
