"""Small models run inside this process by llama.cpp, through xllamacpp. Only this package imports it."""
