/** A TCP port of the host that nobody uses right now. */
import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
