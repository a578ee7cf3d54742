// Run by the engine inside the container: exit 0 when the service says that it is ready. Plain node:http, because it
// starts every few seconds and shares the container's CPU limit.
import {get} from 'node:http'

const port = process.env['PORT'] ?? '3000'
const request = get({host: '127.0.0.1', port, path: '/health/ready', timeout: 2500}, (response) => {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    body += chunk
  })
  response.on('end', () => end(response.statusCode === 200 ? 0 : 1, body))
})
request.on('timeout', () => {
  request.destroy(new Error('no answer in 2500 ms'))
})
request.on('error', (error) => end(1, error.message))

function end(code: number, message: string): void {
  process.stdout.write(`${message}\n`, () => process.exit(code))
}
