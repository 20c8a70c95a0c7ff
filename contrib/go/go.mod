module example.com/encoder

go 1.19
