import net from 'node:net';

// Unit tests compute only: an attempt to open a connection is a mistake, and is told at once.
net.Socket.prototype.connect = () => {
  throw new Error('a unit test tried to open a network connection');
};
