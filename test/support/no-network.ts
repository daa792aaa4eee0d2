import net from 'node:net';

// Unit tests only compute: one that opens a connection fails at once.
net.Socket.prototype.connect = () => {
  throw new Error('a unit test tried to open a network connection');
};
