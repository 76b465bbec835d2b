// Package abd is the quorum register as a pure core: Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing
// Systems" (1995; cited as ABD), with many writers as Lynch and Shvartsman have it, "Robust Emulation of Shared Memory Using
// Dynamic Quorum-Acknowledged Broadcasts" (1997; cited as LS).
package abd
