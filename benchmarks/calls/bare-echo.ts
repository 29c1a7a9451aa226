import { createServer } from 'node:net'

// The least that a call of another process can cost: what comes in by a Unix socket goes back.
const [, , path = ''] = process.argv
createServer(socket => socket.on('data', chunk => socket.write(chunk))).listen(path, () => {
  console.log('listening')
})
process.on('disconnect', () => process.exit())
