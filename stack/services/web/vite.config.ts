import react from '@vitejs/plugin-react'
import {defineConfig} from 'vite'

export default defineConfig({
  plugins: [react()],
  build: {
    // One script and one stylesheet, no lazy chunks: a tab that was opened before a deploy never asks a new replica
    // for a chunk that only the old release had.
    rolldownOptions: {output: {codeSplitting: false}},
    // Inlined data: URLs would need a weaker Content-Security-Policy.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: {proxy: {'/api': process.env.SHOP_API ?? 'http://localhost:8080'}},
})
