'use strict'
/**
 * The program of one instance: connects to the server, loads one function, runs its invocations.
 * Speaks docs/reference/runtime-protocol.md. One CommonJS file that requires little: it is the larger half of a cold
 * start, and `import` of the same modules costs twice as much. Runs on Node 20 and later.
 */
const { AsyncLocalStorage } = require('node:async_hooks')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { Writable } = require('node:stream')
const { format, types } = require('node:util')

const protocolVersion = 1
const frameBytesMax = 33 * 1024 * 1024
const resultBytesMax = 32 * 1024 * 1024
const toInstance = { initialize: 1, invoke: 2, cancel: 3, drain: 4, ping: 5, freeze: 6, credit: 7 }
const toServer = {
  hello: 65,
  initialized: 66,
  result: 67,
  error: 68,
  pong: 69,
  leaving: 70,
  frozen: 71,
  head: 72,
  data: 73,
}
const streamWindowBytes = 1024 * 1024

/** The invocation that the running code belongs to: `{ requestId, openLine }`. */
const current = new AsyncLocalStorage()
/** Running invocations by channel. */
const running = new Map()

let socket
let state = 'booting' // booting → initializing → ready → draining; `dying` from any of them
let initialization // the AsyncLocalStorage value of the initializer, while it runs
let baseContext = {}
let logLevel = 0
let handler
let takesHttp = false
/** `preStop` and `preFreeze`, where the function has them. */
const hooks = {}
/** Channels grow; an invocation above this one has not begun. */
let highestChannel = 0
let initialRequestId = ''
let isStopping = false

// ---------------------------------------------------------------- frames

function send(frameType, channel, header, payload) {
  const text = header === undefined ? '' : JSON.stringify(header)
  const headerLength = Buffer.byteLength(text)
  const payloadLength = payload === undefined ? 0 : payload.length
  const joined = payloadLength > 0 && payloadLength <= 32768
  const first = Buffer.allocUnsafe(13 + headerLength + (joined ? payloadLength : 0))
  first.writeUInt32BE(9 + headerLength + payloadLength, 0)
  first[4] = frameType
  first.writeUInt32BE(channel, 5)
  first.writeUInt32BE(headerLength, 9)
  first.write(text, 13, 'utf8')
  if (joined) first.set(payload, 13 + headerLength)
  socket.write(first)
  if (payloadLength > 0 && !joined) socket.write(payload)
}

function lengthOf(bytes) {
  const length = bytes.readUInt32BE(0)
  if (length < 9 || length > frameBytesMax) throw new Error(`frame length ${length} is not allowed`)
  return length
}

/** Returns a function that is given the chunks of a stream and calls `onFrame` for each frame in it. */
function frameReader(onFrame) {
  let pending // the frame that is being filled; of 4 bytes while its length is not known
  let filled = 0
  const decode = frame => {
    const headerEnd = 9 + frame.readUInt32BE(5)
    const header = headerEnd === 9 ? {} : JSON.parse(frame.toString('utf8', 9, headerEnd))
    onFrame(frame[0], frame.readUInt32BE(1), header, frame.subarray(headerEnd))
  }
  return chunk => {
    let rest = chunk
    while (rest.length > 0) {
      if (pending === undefined && rest.length >= 4 && rest.length >= 4 + lengthOf(rest)) {
        const end = 4 + lengthOf(rest)
        decode(rest.subarray(4, end))
        rest = rest.subarray(end)
        continue
      }
      if (pending === undefined) {
        pending = Buffer.allocUnsafe(4)
        filled = 0
      }
      const taken = rest.copy(pending, filled)
      filled += taken
      rest = rest.subarray(taken)
      if (filled < pending.length) return
      if (pending.length === 4) {
        const grown = Buffer.allocUnsafe(4 + lengthOf(pending))
        pending.copy(grown)
        pending = grown
      } else {
        const frame = pending.subarray(4)
        pending = undefined
        decode(frame)
      }
    }
  }
}

function onFrame(frameType, channel, header, payload) {
  if (frameType === toInstance.invoke) {
    if (state === 'ready') void invoke(channel, header, payload)
  } else if (frameType === toInstance.cancel) running.get(channel)?.controller?.abort()
  else if (frameType === toInstance.ping) send(toServer.pong, channel, undefined, payload)
  else if (frameType === toInstance.drain) {
    if (state !== 'dying') state = 'draining'
    if (running.size === 0) void stop()
  } else if (frameType === toInstance.freeze) void freeze()
  else if (frameType === toInstance.credit) running.get(channel)?.window?.credit(header.bytes)
  else if (frameType === toInstance.initialize) {
    if (state !== 'booting') throw new Error('initialize came twice')
    state = 'initializing'
    void initialize(header)
  } else throw new Error(`unknown frame type ${frameType}`)
}

// ---------------------------------------------------------------- output

/** Writes to standard output itself, blocking: nothing piles up here, and nothing is lost when the process ends. */
function writeBlocking(bytes) {
  let from = 0
  while (from < bytes.length) {
    try {
      from += fs.writeSync(1, bytes, from)
    } catch (error) {
      if (error.code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** `stream` is `o` or `e`. Whose output it is stands in marks around the text: see "Output" in the protocol page. */
function writeOutput(owner, stream, chunk) {
  if (chunk.length === 0) return
  const head = `\x1e${owner === undefined ? '' : owner.requestId} ${stream}\x1f`
  if (typeof chunk === 'string') writeBlocking(Buffer.from(`${head}${chunk}\x1e\x1f`))
  else writeBlocking(Buffer.concat([Buffer.from(head), chunk, Buffer.from('\x1e\x1f')]))
  if (owner === undefined) return
  const last = chunk.at(-1)
  owner.openLine[stream] = last !== '\n' && last !== 10
}

function outputStream(fd, stream) {
  const writable = new Writable({
    decodeStrings: false,
    write(chunk, encoding, done) {
      const plain = typeof chunk !== 'string' || encoding === 'utf8' || encoding === 'utf-8'
      writeOutput(current.getStore() ?? initialization, stream, plain ? chunk : Buffer.from(chunk, encoding))
      done()
    },
  })
  // As with the real ones: code that ends or destroys them does not take the output from the rest of the process.
  writable.end = chunk => {
    if (chunk !== undefined && typeof chunk !== 'function') writable.write(chunk)
    return writable
  }
  writable.destroy = () => writable
  writable.fd = fd
  writable.isTTY = false
  return writable
}

const levels = { debug: 0, info: 1, warn: 2, error: 3 }

function logLine(owner, level, values) {
  if (levels[level] < logLevel) return
  const time = new Date().toISOString().slice(0, 23).replace('T', ' ')
  const id = owner === undefined ? '-' : owner.requestId
  writeOutput(owner, levels[level] >= 2 ? 'e' : 'o', `${time} ${id} [${level}] ${format(...values)}\n`)
}

/** The methods of `console` and of `context.logger`; `owner` says to which invocation a line belongs. */
function logMethods(owner) {
  return {
    log: (...values) => logLine(owner(), 'info', values),
    info: (...values) => logLine(owner(), 'info', values),
    warn: (...values) => logLine(owner(), 'warn', values),
    error: (...values) => logLine(owner(), 'error', values),
    debug: (...values) => logLine(owner(), 'debug', values),
  }
}

function captureOutput() {
  const stdout = outputStream(1, 'o')
  const stderr = outputStream(2, 'e')
  Object.defineProperty(process, 'stdout', { configurable: true, enumerable: true, get: () => stdout })
  Object.defineProperty(process, 'stderr', { configurable: true, enumerable: true, get: () => stderr })
  Object.assign(
    console,
    logMethods(() => current.getStore() ?? initialization),
  )
}

// ---------------------------------------------------------------- failures

/** A failure with a name of its own, for what is not an error of the code's making. */
function failure(name, message) {
  const error = new Error(message)
  error.name = name
  error.stack = undefined
  return error
}

/** What a callback was given as its first argument. */
class HandledError extends Error {
  constructor(reason) {
    super('handled')
    this.reason = reason
  }
}

// The kernel lets a process inherit the peak of the one that started it, so the usual figure may be the server's. Up to
// that, the most that was seen at the end of an invocation has to do.
const inheritedKiB = process.resourceUsage().maxRSS
let seenKiB = 0

function peakKiB() {
  const { maxRSS } = process.resourceUsage()
  if (maxRSS > inheritedKiB) return maxRSS
  seenKiB = Math.max(seenKiB, Math.round(process.memoryUsage.rss() / 1024))
  return seenKiB
}

function describe(thrown) {
  try {
    if (!types.isNativeError(thrown) && !(thrown instanceof Error)) {
      const text =
        typeof thrown === 'object' && thrown !== null ? (JSON.stringify(thrown) ?? '') : String(thrown)
      const errorType = thrown === null ? 'null' : typeof thrown
      return { errorMessage: text.slice(0, 16384), errorType, stackTrace: [] }
    }
    // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- a stranger's error may hold anything
    const named = String(thrown.name)
    const errorType = named === 'Error' ? thrown.constructor?.name || named : named
    // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- a stranger's error may hold anything
    const lines = thrown.stack === undefined ? [] : String(thrown.stack).split('\n')
    const own = lines.findIndex(line => line.includes(__filename))
    const stackTrace = lines.slice(0, own === -1 ? 64 : Math.min(own, 64))
    if (own !== -1 && stackTrace.at(-1)?.endsWith('new Promise (<anonymous>)')) stackTrace.pop()
    return {
      // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- a stranger's error may hold anything
      errorMessage: String(thrown.message).slice(0, 16384),
      errorType: errorType.slice(0, 256),
      stackTrace: stackTrace.map(line => line.slice(0, 512)),
    }
  } catch {
    return { errorMessage: 'the error cannot be read', errorType: 'Error', stackTrace: [] }
  }
}

function sendError(channel, kind, thrown, startedAt) {
  const handled = thrown instanceof HandledError
  send(toServer.error, channel, {
    kind: handled && kind === 'unhandled' ? 'handled' : kind,
    ...describe(handled ? thrown.reason : thrown),
    durationMs: startedAt === undefined ? 0 : performance.now() - startedAt,
    memoryKiB: peakKiB(),
  })
}

/** After an error that nobody caught the state of the code is unknown: all that runs fails with it, and the process ends. */
function die(reason) {
  if (state === 'dying') return
  const initializing = state === 'initializing'
  state = 'dying'
  const owner = current.getStore() ?? initialization
  const text = types.isNativeError(reason) ? (reason.stack ?? String(reason)) : format(reason)
  writeOutput(owner, 'e', `${text}\n`)
  if (initializing) sendError(0, initialization.kind, reason, initialization.startedAt)
  for (const [channel, invocation] of running) {
    endLines(invocation)
    sendError(channel, 'unhandled', reason, invocation.startedAt)
  }
  running.clear()
  leave(1)
}

function leave(code) {
  state = 'dying'
  send(toServer.leaving, highestChannel)
  const exit = () => process.exit(code)
  socket.end(exit)
  setTimeout(exit, 1000)
}

/** The server is gone or does not speak the protocol: nobody waits for this process or for what it has started. */
function vanish() {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    // Not the leader of a process group: there are no others to end.
  }
  process.exit(70)
}

// ---------------------------------------------------------------- code

const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/** Loads `file.export` below the code folder: CommonJS, ES module or TypeScript whose types can be stripped. */
async function loadExport(codePath, name) {
  const dot = name.lastIndexOf('.')
  const moduleName = name.slice(0, dot)
  const exportName = name.slice(dot + 1)
  const base = path.join(codePath, moduleName)
  const inside = dot > 0 && base.startsWith(codePath + path.sep)
  const file = inside ? extensions.map(extension => base + extension).find(fs.existsSync) : undefined
  if (file === undefined) throw failure('ImportModuleError', `Unable to import module '${moduleName}'`)
  const loaded = await loadModule(file)
  const found = loaded?.[exportName] ?? loaded?.default?.[exportName]
  if (typeof found === 'function') return found
  throw failure('HandlerNotFound', `Module '${moduleName}' does not export a function '${exportName}'`)
}

async function loadModule(file) {
  const { pathToFileURL } = require('node:url')
  const source = pathToFileURL(file).href
  if (file.endsWith('.mjs') || file.endsWith('.mts')) return import(source)
  try {
    return require(file)
  } catch (error) {
    const asynchronous = error?.code === 'ERR_REQUIRE_ASYNC_MODULE' || error?.code === 'ERR_REQUIRE_ESM'
    if (!asynchronous) throw error
    return import(source)
  }
}

/**
 * Calls code of either style. A promise that it returns decides; so does the callback, if it comes first. Code that
 * declares the callback is waited for, whatever else it returns; code that does not is done when it returns.
 */
function call(code, values) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => {
      if (error === undefined || error === null) resolve(value)
      else reject(new HandledError(error))
    }
    const returned = code(...values, callback)
    if (typeof returned?.then === 'function') returned.then(resolve, reject)
    else if (code.length <= values.length) resolve(returned)
  })
}

function makeContext(owner, header, signal) {
  return {
    requestId: header.requestId,
    credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '', ...header.credentials },
    ...contextOf(header.qualifier),
    retryCount: header.retryCount ?? 0,
    tracing: header.tracing ?? {},
    logger: logMethods(() => owner),
    deadlineMs: header.deadlineMs,
    signal,
  }
}

/** The qualifier is what the caller named; the rest is the same for all invocations. */
function contextOf(qualifier) {
  const context = copyOf(baseContext)
  if (qualifier !== undefined) context.service = { ...context.service, qualifier }
  return context
}

/** Code may change its context; the next invocation must not see it. Two levels is all that the members have. */
function copyOf(context) {
  const copy = {}
  for (const key of Object.keys(context)) {
    const value = context[key]
    copy[key] = typeof value === 'object' && value !== null ? { ...value } : value
  }
  return copy
}

async function initialize(header) {
  const owner = { requestId: header.requestId, openLine: {}, kind: 'unhandled', startedAt: performance.now() }
  initialization = owner
  initialRequestId = header.requestId
  try {
    for (const key of Object.keys(process.env)) delete process.env[key]
    Object.assign(process.env, header.environment)
    logLevel = levels[process.env.ALIYUN_FC_LOG_LEVEL?.toLowerCase()] ?? 0
    if (process.env.NODE_PATH !== undefined) require('node:module')._initPaths()
    process.chdir(header.codePath)
    baseContext = header.context
    if (header.layersPath !== undefined) require('./layers.cjs').searchLayers(header.layersPath)
    handler = await loadExport(header.codePath, header.handler)
    takesHttp = header.handlerKind === 'http'
    for (const name of ['preStop', 'preFreeze']) {
      if (header[name] !== undefined) hooks[name] = await loadExport(header.codePath, header[name])
    }
    if (header.initializer !== undefined) {
      owner.kind = 'initialization'
      const initializer = await loadExport(header.codePath, header.initializer)
      const context = makeContext(owner, header, new AbortController().signal)
      await current.run(owner, () => call(initializer, [context]))
    }
    if (state !== 'initializing') return
    endLines(owner)
    initialization = undefined
    state = 'ready'
    const durationMs = performance.now() - owner.startedAt
    send(toServer.initialized, 0, { durationMs, memoryKiB: peakKiB() })
  } catch (thrown) {
    if (state !== 'initializing') return
    endLines(owner)
    sendError(0, owner.kind, thrown, owner.startedAt)
    leave(1)
  }
}

/** Runs a hook, whose output and context carry the id of the request that the instance was started for. */
async function runHook(name) {
  const owner = { requestId: initialRequestId, openLine: {} }
  try {
    const context = makeContext(owner, { requestId: initialRequestId }, new AbortController().signal)
    await current.run(owner, () => call(hooks[name], [context]))
    return undefined
  } catch (thrown) {
    const told = describe(thrown instanceof HandledError ? thrown.reason : thrown)
    const lines = told.stackTrace.length > 0 ? told.stackTrace : [`${told.errorType}: ${told.errorMessage}`]
    writeOutput(owner, 'e', `${lines.join('\n')}\n`)
    return `${told.errorType}: ${told.errorMessage}`
  } finally {
    endLines(owner)
  }
}

/** After the last invocation; a hook that fails is in the log, and the instance ends all the same. */
async function stop() {
  if (isStopping || state === 'dying') return
  isStopping = true
  if (hooks.preStop !== undefined) await runHook('preStop')
  if (state !== 'dying') leave(0)
}

async function freeze() {
  const startedAt = performance.now()
  const error = hooks.preFreeze === undefined ? undefined : await runHook('preFreeze')
  if (state !== 'dying') send(toServer.frozen, 0, { durationMs: performance.now() - startedAt, error })
}

/** The bytes of the answer, or `undefined` when it has been sent in parts. */
async function answer(channel, owner, header, payload) {
  const { signal } = owner.controller
  const context = makeContext(owner, header, signal)
  let sent
  if (takesHttp && header.http !== undefined) {
    sent = await require('./answers.cjs').exchange(handler, header.http, payload, context)
  } else {
    const value = await call(handler, [payload, context])
    if (!mayHaveParts(value)) return toBytes(value)
    sent = require('./answers.cjs').streamed(value)
    if (sent === undefined) return toBytes(value)
  }
  const { sendParts, Window } = require('./answers.cjs')
  owner.window = new Window(streamWindowBytes)
  if (running.has(channel)) send(toServer.head, channel, sent.head)
  await sendParts(sent.parts, owner.window, signal, bytes => {
    if (running.has(channel)) send(toServer.data, channel, undefined, bytes)
  })
  return { payload: undefined }
}

/** Cheap: most results are no streams, and what knows streams need not be loaded for them. */
function mayHaveParts(value) {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  return isStreamLike(value) || isStreamLike(value.body)
}

function isStreamLike(value) {
  if (typeof value !== 'object' || value === null) return false
  return typeof value[Symbol.asyncIterator] === 'function' || typeof value.getReader === 'function'
}

async function invoke(channel, header, payload) {
  const controller = new AbortController()
  const owner = { requestId: header.requestId, openLine: {}, startedAt: performance.now(), controller }
  running.set(channel, owner)
  highestChannel = channel
  let value
  let thrown
  let failed = false
  try {
    value = await current.run(owner, () => answer(channel, owner, header, payload))
  } catch (error) {
    failed = true
    thrown = error
  }
  if (!running.delete(channel)) return
  endLines(owner)
  if (failed) sendError(channel, 'unhandled', thrown, owner.startedAt)
  else {
    const durationMs = performance.now() - owner.startedAt
    const memoryKiB = peakKiB()
    send(toServer.result, channel, { contentType: value.contentType, durationMs, memoryKiB }, value.payload)
  }
  if (state === 'draining' && running.size === 0) void stop()
}

/** Output without a line feed at its end is a line nevertheless, once the invocation is over. */
function endLines(owner) {
  if (owner.openLine.o) writeOutput(owner, 'o', '\n')
  if (owner.openLine.e) writeOutput(owner, 'e', '\n')
}

function toBytes(value) {
  const result = convert(value)
  if (result.payload.length <= resultBytesMax) return result
  const seen = result.payload.length
  throw failure('ResultTooLarge', `The result has ${seen} bytes; the limit is ${resultBytesMax}`)
}

function convert(value) {
  if (value === undefined) return { payload: Buffer.alloc(0) }
  if (typeof value === 'string')
    return { payload: Buffer.from(value), contentType: 'text/plain; charset=utf-8' }
  if (ArrayBuffer.isView(value)) {
    const payload = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return { payload, contentType: 'application/octet-stream' }
  }
  if (value instanceof ArrayBuffer)
    return { payload: Buffer.from(value), contentType: 'application/octet-stream' }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return { payload: Buffer.from(text ?? ''), contentType: 'application/json' }
}

// ---------------------------------------------------------------- start

function main() {
  captureOutput()
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
  socket = net.connect({ path: process.env.MILLRACE_SOCKET })
  const read = frameReader(onFrame)
  socket.on('data', chunk => {
    try {
      read(chunk)
    } catch {
      vanish()
    }
  })
  socket.on('error', vanish)
  socket.on('close', () => {
    if (state !== 'dying') vanish()
  })
  send(toServer.hello, 0, { protocol: protocolVersion, language: 'nodejs', version: process.versions.node })
}

main()
