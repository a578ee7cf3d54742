import type {IncomingMessage} from 'node:http'

import {execa} from 'execa'
import {once} from 'node:events'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {connect as connectHttp2, type IncomingHttpHeaders} from 'node:http2'
import {request as httpsRequest} from 'node:https'
import {connect as connectTcp} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {connect as connectTls} from 'node:tls'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {freePort, ShopStack, until} from './shop-stack.js'

describe('edge with TLS', () => {
  const port = {plain: 0, tls: 0, proxied: 0}
  let folder = ''
  let ca = ''
  let stack: ShopStack

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'shoptest-tls-'))
    await makeCertificate(folder)
    ca = await readFile(path.join(folder, 'certificate.pem'), 'utf8')
    for (const name of ['plain', 'tls', 'proxied'] as const) port[name] = await freePort()
    stack = new ShopStack({services: ['secure'], overlay: overlay(folder, port)})
    await stack.start()
  }, 180_000)
  afterAll(async () => {
    await stack.stop()
    await rm(folder, {recursive: true, force: true})
  }, 60_000)

  it('plain HTTP only redirects, except for the health check', async () => {
    const page = await fetch(`http://127.0.0.1:${port.plain}/cart?x=1`, {
      redirect: 'manual',
      headers: {host: 'ignored'},
    })
    expect([page.status, page.headers.get('location')]).toEqual([308, 'https://127.0.0.1/cart?x=1'])
    expect((await fetch(`http://127.0.0.1:${port.plain}/health`)).status).toBe(200)
  })

  it('HTTPS answers with HSTS', async () => {
    const get = httpsRequest({host: '127.0.0.1', port: port.tls, path: '/health', ca, servername: 'shop.example'})
    get.end()
    const [response] = (await once(get, 'response')) as [IncomingMessage]
    expect([response.statusCode, response.headers['strict-transport-security']]).toEqual([
      200,
      'max-age=31536000; includeSubDomains',
    ])
    response.resume()
  })

  it('HTTP/2 is offered', async () => {
    const session = connectHttp2(`https://127.0.0.1:${port.tls}`, {ca, servername: 'shop.example'})
    const stream = session.request({':path': '/health'})
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    expect(headers[':status']).toBe(200)
    session.close()
  })

  it('protocols older than TLS 1.2 are refused', async () => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: port.tls,
      ca,
      servername: 'shop.example',
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    const [error] = (await once(socket, 'error')) as [Error]
    expect(String(error)).toMatch(/alert|version|protocol/i)
  })

  it("behind the router the client's address comes from the PROXY protocol", async () => {
    const raw = connectTcp(port.proxied, '127.0.0.1')
    raw.write('PROXY TCP4 203.0.113.9 127.0.0.1 5555 8444\r\n')
    const socket = connectTls({socket: raw, ca, servername: 'shop.example'})
    socket.write('GET /nothing-here HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n')
    await once(socket, 'data')
    socket.destroy()
    await until('the address in the log', async () => (await stack.logs('secure')).includes('"client":"203.0.113.9"'))
  })
})

async function makeCertificate(folder: string): Promise<void> {
  const files = ['-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'certificate.pem')]
  const names = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example']
  await execa('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    ...names,
    ...files,
  ])
  await execa('chmod', ['-R', 'a+rX', folder])
}

function overlay(folder: string, port: {plain: number; tls: number; proxied: number}): string {
  return `services:
  secure:
    extends: {service: edge, file: compose.yaml}
    environment: {EDGE_TLS: "on"}
    ports: !override ["127.0.0.1:${port.plain}:8080", "127.0.0.1:${port.tls}:8443", "127.0.0.1:${port.proxied}:8444"]
    volumes: ["${folder}/certificate.pem:/run/secrets/tls_certificate:ro", "${folder}/key.pem:/run/secrets/tls_key:ro"]
    depends_on: !override {}
    healthcheck: {interval: 1s}
    restart: "no"
`
}
