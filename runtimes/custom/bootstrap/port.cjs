'use strict'
const net = require('node:net')

/** Free ports that are tried when the wanted one is taken. */
const attemptsMax = 16

/**
 * Resolves with the wanted port if nobody listens there and no other instance has claimed it, else with a free one.
 * Where instances share a loopback, two of one function would otherwise start on the same port at the same moment: a
 * name that the system frees when this process ends says whose it is. The claim lasts as long as the process.
 */
async function claimPort(wantedPort) {
  if (await claimed(wantedPort)) return wantedPort
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = await freePort()
    if (await claimed(port)) return port
  }
  throw new Error(`no free port was found in ${attemptsMax} attempts`)
}

async function claimed(port) {
  const claim = await listen({ path: `\0millrace-port-${port}` })
  if (claim === undefined) return false
  for (const host of ['0.0.0.0', '127.0.0.1']) {
    const probe = await listen({ host, port })
    if (probe === undefined) {
      claim.close()
      return false
    }
    await new Promise(resolve => probe.close(resolve))
  }
  claim.unref()
  return true
}

async function freePort() {
  const probe = await listen({ host: '127.0.0.1', port: 0 })
  if (probe === undefined) throw new Error('no port of the loopback can be had')
  const { port } = probe.address()
  await new Promise(resolve => probe.close(resolve))
  return port
}

/** Resolves with the listening server, or with `undefined` when it cannot be had. */
function listen(address) {
  return new Promise(resolve => {
    const server = net.createServer(socket => socket.destroy())
    server.on('error', () => resolve(undefined))
    server.listen(address, () => resolve(server))
  })
}

module.exports = { claimPort }
