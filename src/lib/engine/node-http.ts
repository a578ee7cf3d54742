/**
 * Node's own http, without the detour of an ES import: that reads every export, and some of http's (`WebSocket`,
 * `MessageEvent`) load all of `fetch` when they are read. It costs 25 ms of every command, for nothing that is used here.
 */
export const http = process.getBuiltinModule('node:http')
